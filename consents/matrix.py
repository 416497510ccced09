"""The decision matrix: by what an item may go there, and what follows from it.

One row for each kind of recipient and ground, one column for each thing that can cut or bind.
Citations are to 45 CFR part 164 unless they say otherwise. "†": counsel is to confirm.
"""

from dataclasses import dataclass

from consents.question import Code, ConsentKind, Fact, Purpose


class Way(Code):
    """A row."""

    STAFF_USE = "staff_use"
    TO_MEMBER = "to_the_member"
    TO_REPRESENTATIVE = "to_the_representative"
    TREATMENT = "treatment"
    PAYMENT_OPERATIONS = "payment_operations"
    TO_ASSOCIATE = "to_the_associate"
    TO_SPONSOR = "to_the_sponsor"
    INVOLVED = "involved"
    AUTHORIZATION = "authorization"
    PUBLIC_GROUND = "public_ground"
    UNACCOUNTED_GROUND = "unaccounted_ground"
    HHS = "hhs"
    LIMITED_DATA_SET = "limited_data_set"
    MISTAKE = "mistake"


class Column(Code):
    BASIS = "basis"
    MINIMUM = "minimum"
    RESTRICTION = "restriction"
    PART2 = "part2"
    ACCOUNTING = "accounting"


class Minimum(Code):
    """Whether only what is necessary may go, and what says so (164.502(b), 514(d))."""

    NO = "no"
    TABLE = "by role and purpose"
    IN_SCOPE = "no, within the verified scope"
    RELEVANT = "only what is directly relevant"
    AS_WRITTEN = "as written"
    NAMED = "what the request names; all of it if required by law"
    BUILT_IN = "built in"
    NONE = "nothing may go"


class Agreed(Code):
    """What a restriction that the plan agreed to does (164.522(a))."""

    IGNORED = "does not block"
    BLOCKS = "blocks"
    UNLESS_EMERGENCY = "blocks, except in an emergency"
    TRAVELS = "travels along"
    ASK_MEMBER = "the member says which governs"
    NONE = "nothing may go"


class Accounting(Code):
    """Whether it goes into the accounting of disclosures (164.528)."""

    NO = "no"
    YES = "yes"
    BY_PURPOSE = "by the underlying purpose"
    UNLESS_ADMINISTRATION = "no for plan administration, otherwise yes"


@dataclass(frozen=True)
class Part2:
    """How an item of a substance use program may go (42 CFR part 2). Any one way is enough."""

    words: str
    always: bool = False
    facts: frozenset[Fact] = frozenset()
    kinds: frozenset[ConsentKind] = frozenset()
    # What holds for one purpose of the row alone.
    by_purpose: tuple[tuple[Purpose, Fact], ...] = ()
    citation: str = "42 CFR 2.31, 2.33"
    # A consented disclosure carries the notice and the consent (42 CFR 2.32); a use within the
    # house does not, nor does what went without a consent.
    carries: bool = True

    def opening(self, purpose: Purpose) -> frozenset[Fact]:
        """What opens it without a consent, for this purpose."""
        return self.facts | {fact for why, fact in self.by_purpose if why is purpose}


@dataclass(frozen=True)
class Row:
    way: Way
    citation: str
    minimum: Minimum
    agreed: Agreed
    part2: Part2
    accounting: Accounting


_TPO = frozenset({ConsentKind.PART2_TPO, ConsentKind.PART2})
_ONE = frozenset({ConsentKind.PART2})
_TPO_CONSENT = Part2("consent for treatment, payment and operations, notice and scope", kinds=_TPO)
_CONSENT = Part2("consent", kinds=_ONE)
_NEVER = Part2("refused †", citation="42 CFR 2.12, 2.13")
_CARE = Part2(
    "consent for treatment, payment and operations, notice and scope; or a written emergency",
    kinds=_TPO,
    by_purpose=((Purpose.TREATMENT, Fact.PART2_EMERGENCY),),
    citation="42 CFR 2.31, 2.33, 2.51",
)
# Who asks here is no medical personnel that treats the member, but for the FDA's (2.51(a), (b)).
_GROUNDS = Part2(
    "refused, except research, audit, child abuse report, court order, consent to that proceeding, "
    "error in a product †",
    kinds=frozenset({ConsentKind.PART2_PROCEEDINGS}),
    facts=frozenset({Fact.PART2_COURT_ORDER}),
    by_purpose=(
        (Purpose.RESEARCH, Fact.PART2_RESEARCH),
        (Purpose.HEALTH_OVERSIGHT, Fact.PART2_AUDIT),
        (Purpose.PUBLIC_HEALTH, Fact.CHILD_ABUSE_REPORT),
        (Purpose.PUBLIC_HEALTH, Fact.PART2_FDA),
    ),
    citation="42 CFR 2.12(c)(6), 2.51(b)-2.53, 2.61-2.67",
)

_ROWS = (
    Row(
        Way.STAFF_USE,
        "164.514(d)(2)",
        Minimum.TABLE,
        Agreed.BLOCKS,
        Part2(
            "consent, or the program's own staff",
            kinds=_TPO,
            facts=frozenset({Fact.PROGRAM_STAFF}),
            citation="42 CFR 2.12(c)(3), 2.33",
            carries=False,
        ),
        Accounting.NO,
    ),
    Row(
        Way.TO_MEMBER,
        "164.502(a)(1)(i)",
        Minimum.NO,
        Agreed.IGNORED,
        Part2("yes", always=True, citation="42 CFR 2.23", carries=False),
        Accounting.NO,
    ),
    Row(
        Way.TO_REPRESENTATIVE,
        "164.502(g)",
        Minimum.IN_SCOPE,
        Agreed.IGNORED,
        Part2(
            "an adult's: yes; a minor's parent: only with the minor's consent †",
            kinds=frozenset({ConsentKind.MINORS_PART2}),
            always=True,
            citation="42 CFR 2.14, 2.15",
            carries=False,
        ),
        Accounting.NO,
    ),
    Row(
        Way.TREATMENT,
        "164.506(c)(1)-(2)",
        Minimum.NO,
        Agreed.UNLESS_EMERGENCY,
        _CARE,
        Accounting.NO,
    ),
    Row(
        Way.PAYMENT_OPERATIONS,
        "164.506(c)(3)-(4)",
        Minimum.TABLE,
        Agreed.BLOCKS,
        _TPO_CONSENT,
        Accounting.NO,
    ),
    Row(
        Way.TO_ASSOCIATE,
        "164.502(e)",
        Minimum.TABLE,
        Agreed.TRAVELS,
        _TPO_CONSENT,
        Accounting.BY_PURPOSE,
    ),
    Row(
        Way.TO_SPONSOR,
        "164.504(f)",
        Minimum.TABLE,
        Agreed.BLOCKS,
        _CONSENT,
        Accounting.UNLESS_ADMINISTRATION,
    ),
    Row(Way.INVOLVED, "164.510(b)", Minimum.RELEVANT, Agreed.BLOCKS, _CONSENT, Accounting.NO),
    Row(
        Way.AUTHORIZATION,
        "164.508",
        Minimum.AS_WRITTEN,
        Agreed.ASK_MEMBER,
        Part2("the consent's elements too", kinds=_ONE),
        Accounting.NO,
    ),
    Row(Way.PUBLIC_GROUND, "164.512", Minimum.NAMED, Agreed.IGNORED, _GROUNDS, Accounting.YES),
    Row(
        Way.UNACCOUNTED_GROUND,
        "164.512(k)(2), (k)(5)",
        Minimum.NAMED,
        Agreed.IGNORED,
        _NEVER,
        Accounting.NO,
    ),
    Row(
        Way.HHS,
        "164.502(a)(2)(ii)",
        Minimum.NO,
        Agreed.IGNORED,
        Part2("by its audit rules †", facts=frozenset({Fact.PART2_AUDIT}), citation="42 CFR 2.53"),
        Accounting.YES,
    ),
    Row(
        Way.LIMITED_DATA_SET,
        "164.514(e)",
        Minimum.BUILT_IN,
        Agreed.BLOCKS,
        Part2(
            "refused, unless for research †",
            facts=frozenset({Fact.PART2_RESEARCH}),
            citation="42 CFR 2.52",
        ),
        Accounting.NO,
    ),
    Row(
        Way.MISTAKE,
        "164.402, 164.528",
        Minimum.NONE,
        Agreed.NONE,
        Part2("nothing may go", citation="42 CFR 2.13"),
        Accounting.YES,
    ),
)
ROWS: dict[Way, Row] = {row.way: row for row in _ROWS}
