"""What may leave the house: to whom, for which purpose, with what on file (45 CFR 164.502-514)."""

from consents.matrix import Way
from consents.question import Act, Category, Fact, Obligation, Purpose, Recipient, Trait
from consents.roles import Rule

HEALTH = frozenset(
    {Category.RECORDS, Category.CLAIMS, Category.ENROLLMENT, Category.PERSON, Category.MESSAGES}
)
# What the house keeps about its own doing.
_HOUSE = frozenset({Category.TRAIL, Category.DISCLOSURES, Category.INCIDENTS, Category.LETTERS})
_BILLS = frozenset({Category.CLAIMS, Category.ENROLLMENT, Category.PERSON})
_TOTALS = frozenset({Category.ENROLLMENT, Category.SUMMARY})
_NOTHING: frozenset[Fact] = frozenset()
# Who asks, and whether they may, is known before anything goes (164.514(h)(1)).
_KNOWN = frozenset({Fact.REQUESTER_VERIFIED})
# What the notice doesn't tell of may not happen (164.520(b)(1)(iii)(C), 502(i)).
_TOLD = _KNOWN | {Fact.NOTICE_TELLS_SPONSOR}
_SPONSOR = _TOLD | {Fact.SPONSOR_CERTIFIED, Fact.NAMED_CLASS}
_EVIDENCE = _KNOWN | {Fact.EVIDENCE}
_BOTH = _KNOWN | {Fact.BOTH_HAD_RELATIONSHIP, Fact.OPERATIONS_OF_ALLOWED_KIND}


def _out(
    recipient: Recipient,
    purpose: Purpose,
    way: Way,
    categories: frozenset[Category],
    needs: frozenset[Fact],
    basis: str,
    citation: str,
    any_of: tuple[frozenset[Fact], ...] = (),
    obligations: frozenset[Obligation] = frozenset(),
    only: frozenset[Trait] = frozenset(),
) -> Rule:
    return Rule(
        Act.DISCLOSE,
        recipient,
        purpose,
        way,
        categories,
        needs,
        basis,
        citation,
        any_of,
        obligations,
        only,
    )


def _plain_rules() -> tuple[Rule, ...]:
    """Treatment, payment, operations, the sponsor, people involved, the member's own choice."""
    way, who, why = Way, Recipient, Purpose
    return (
        _out(who.PROVIDER, why.TREATMENT, way.TREATMENT, HEALTH, _KNOWN | {Fact.RELATIONSHIP},
             "treatment", "164.506(c)(1)-(2)"),
        _out(who.PROVIDER, why.PAYMENT, way.PAYMENT_OPERATIONS, _BILLS, _KNOWN,
             "payment", "164.506(c)(3)"),
        _out(who.OTHER_PLAN, why.PAYMENT, way.PAYMENT_OPERATIONS, _BILLS, _KNOWN,
             "payment", "164.506(c)(3)"),
        _out(who.PROVIDER, why.OPERATIONS, way.PAYMENT_OPERATIONS, HEALTH, _BOTH,
             "operations", "164.506(c)(4)"),
        _out(who.OTHER_PLAN, why.OPERATIONS, way.PAYMENT_OPERATIONS, HEALTH, _BOTH,
             "operations", "164.506(c)(4)"),
        _out(who.PROVIDER, why.TRAINING, way.PAYMENT_OPERATIONS, HEALTH,
             _KNOWN | {Fact.OWN_TRAINEES}, "operations", "164.501, 506(c)(1)"),
        _out(who.AUTHORITY, why.LEGAL_DEFENSE, way.PAYMENT_OPERATIONS, HEALTH,
             _KNOWN | {Fact.SUED_BY_THE_MEMBER}, "operations", "164.501, 506(c)(1)"),
        _out(who.PLAN_SPONSOR, why.PLAN_ADMINISTRATION, way.TO_SPONSOR, _BILLS, _SPONSOR,
             "plan_sponsor", "164.504(f)(2)-(3)"),
        # Without a certification: who is in the plan, and totals for bids.
        _out(who.PLAN_SPONSOR, why.PLAN_BIDS, way.TO_SPONSOR, _TOTALS, _TOLD,
             "plan_sponsor", "164.504(f)(1)(ii)-(iii)"),
        _out(who.PLAN_SPONSOR, why.UNDERWRITING, way.TO_SPONSOR, _TOTALS, _TOLD,
             "plan_sponsor", "164.504(f)(1)(ii), 502(a)(5)(i)"),
        _out(who.INVOLVED_PERSON, why.INVOLVEMENT, way.INVOLVED, HEALTH, _NOTHING,
             "involved", "164.510(b)",
             (frozenset({Fact.MEMBER_AGREED}), frozenset({Fact.BEST_INTEREST}))),
        *(_out(who.NAMED_PARTY, purpose, way.AUTHORIZATION, HEALTH, _KNOWN,
               "authorization", citation)
          for purpose, citation in (
              (why.MEMBERS_CHOICE, "164.508"),
              (why.MARKETING, "164.508(a)(3)"),
              (why.SALE, "164.508(a)(4)"),
              (why.EMPLOYMENT, "164.508, 504(f)(2)(ii)(C)"),
          )),
        _out(who.PLAN_SPONSOR, why.EMPLOYMENT, way.AUTHORIZATION, HEALTH, _KNOWN,
             "authorization", "164.508, 504(f)(2)(ii)(C)"),
        _out(who.HHS, why.HHS_INVESTIGATION, way.HHS, HEALTH | _HOUSE,
             _KNOWN, "hhs", "164.502(a)(2)(ii)"),
        _out(who.DATA_SET_USER, why.LIMITED_DATA_SET, way.LIMITED_DATA_SET,
             frozenset({Category.RECORDS, Category.CLAIMS}),
             _KNOWN | {Fact.DATA_USE_AGREEMENT}, "limited_data_set", "164.514(e)"),
    )  # fmt: skip


# For what a business associate may work: its agreement must list the purpose too.
_ASSOCIATE = {
    Purpose.TREATMENT: HEALTH,
    Purpose.PAYMENT: _BILLS,
    Purpose.OPERATIONS: HEALTH,
    Purpose.PLAN_ADMINISTRATION: _BILLS,
    Purpose.PUBLIC_HEALTH: HEALTH,
    Purpose.HEALTH_OVERSIGHT: HEALTH,
}
# Purposes of an associate's work that leave no row in the accounting (164.528(a)(1)(i)).
UNACCOUNTED = frozenset(
    {Purpose.TREATMENT, Purpose.PAYMENT, Purpose.OPERATIONS, Purpose.PLAN_ADMINISTRATION}
)

_SAFE = (frozenset({Fact.COURT_ORDER}), frozenset({Fact.SUBPOENA, Fact.ASSURANCE}))
_WAIVED = (frozenset({Fact.BOARD_WAIVER}),)
# Only a component of the Department of State makes these findings, and tells them for three
# purposes: no other plan discloses on this ground.
_FIT = tuple(
    frozenset({Fact.OF_STATE_DEPARTMENT, why})
    for why in (Fact.SECURITY_CLEARANCE, Fact.SERVICE_ABROAD, Fact.FAMILY_ABROAD)
)
# Section 512 by its grounds: the paragraph, and what it asks for beyond evidence and a requester
# whom somebody verified (514(h)).
GROUNDS: dict[Purpose, tuple[str, tuple[frozenset[Fact], ...]]] = {
    Purpose.REQUIRED_BY_LAW: ("164.512(a)", ()),
    Purpose.PUBLIC_HEALTH: ("164.512(b)", ()),
    Purpose.ABUSE_VICTIM: ("164.512(c)", ()),
    Purpose.HEALTH_OVERSIGHT: ("164.512(d)", ()),
    Purpose.COURT: ("164.512(e)", _SAFE),
    Purpose.LAW_ENFORCEMENT: ("164.512(f)(1), (3)-(6)", ()),
    Purpose.LOCATE: ("164.512(f)(2)", ()),
    Purpose.CORONER: ("164.512(g)", ()),
    Purpose.ORGAN_DONATION: ("164.512(h)", ()),
    Purpose.RESEARCH: ("164.512(i)", _WAIVED),
    Purpose.SERIOUS_THREAT: ("164.512(j)", ()),
    Purpose.VIOLENT_CRIME: ("164.512(j)(1)(ii)(A)", ()),
    Purpose.MILITARY: ("164.512(k)(1)", ()),
    Purpose.NATIONAL_SECURITY: ("164.512(k)(2)", ()),
    Purpose.PROTECTIVE: ("164.512(k)(3)", ()),
    Purpose.STATE_DEPARTMENT: ("164.512(k)(4)", _FIT),
    Purpose.CUSTODY: ("164.512(k)(5)", ()),
    Purpose.PUBLIC_BENEFITS: ("164.512(k)(6)", ()),
    Purpose.GUN_CHECK: ("164.512(k)(7)", ()),
    Purpose.WORKERS_COMPENSATION: ("164.512(l)", ()),
}
# What the law requires is not cut by a table (164.502(b)(2)(v)); the 8 data items of (f)(2)(i) and
# (j)(3) are who someone is, and a few words of records; a statement and a finding of fitness are
# records. Another program learns of eligibility and enrollment alone (k)(6), the check of who may
# buy a gun nothing clinical (k)(7).
_CATEGORIES = {
    Purpose.REQUIRED_BY_LAW: HEALTH | _HOUSE,
    Purpose.LOCATE: frozenset({Category.PERSON, Category.RECORDS}),
    Purpose.VIOLENT_CRIME: frozenset({Category.PERSON, Category.RECORDS}),
    Purpose.STATE_DEPARTMENT: frozenset({Category.RECORDS}),
    Purpose.PUBLIC_BENEFITS: frozenset({Category.PERSON, Category.ENROLLMENT}),
    Purpose.GUN_CHECK: frozenset({Category.PERSON}),
}
# And of those categories, these items and no others.
_ONLY = {
    Purpose.LOCATE: frozenset({Trait.ONE_OF_EIGHT}),
    Purpose.VIOLENT_CRIME: frozenset({Trait.ONE_OF_EIGHT, Trait.STATEMENT}),
    Purpose.STATE_DEPARTMENT: frozenset({Trait.SUITABILITY}),
}
_UNACCOUNTED_GROUNDS = frozenset({Purpose.NATIONAL_SECURITY, Purpose.CUSTODY})


def _ground(purpose: Purpose, citation: str, any_of: tuple[frozenset[Fact], ...]) -> Rule:
    return _out(
        Recipient.AUTHORITY,
        purpose,
        Way.UNACCOUNTED_GROUND if purpose in _UNACCOUNTED_GROUNDS else Way.PUBLIC_GROUND,
        _CATEGORIES.get(purpose, HEALTH),
        _EVIDENCE,
        "public_ground",
        citation,
        any_of,
        frozenset({Obligation.SECOND_APPROVER}),
        _ONLY.get(purpose, frozenset()),
    )


def _associate(purpose: Purpose, categories: frozenset[Category]) -> Rule:
    """On a ground of section 512 a company may do no more than the plan could, by the same papers
    and with the same second look (164.504(e)(2))."""
    on_a_ground = purpose in GROUNDS
    return _out(
        Recipient.BUSINESS_ASSOCIATE,
        purpose,
        Way.TO_ASSOCIATE,
        categories,
        _EVIDENCE if on_a_ground else _NOTHING,
        "business_associate",
        "164.502(e), 504(e)",
        obligations=frozenset({Obligation.SECOND_APPROVER}) if on_a_ground else frozenset(),
        only=frozenset({Trait.NAMED}) if on_a_ground else frozenset(),
    )


RULES = (
    *_plain_rules(),
    *(_associate(purpose, categories) for purpose, categories in _ASSOCIATE.items()),
    *(_ground(purpose, *asks) for purpose, asks in GROUNDS.items()),
)
