"""The role and purpose matrix of the house (45 CFR 164.514(d)(2)): who may do what, with which
categories, and for which purpose. What is in no row is nobody's."""

from dataclasses import dataclass

from consents.matrix import Way
from consents.question import Act, Category, Fact, Obligation, Purpose, Recipient, Trait


@dataclass(frozen=True)
class Rule:
    """One act of one recipient for one purpose. `categories` is all that is necessary for it."""

    act: Act
    recipient: Recipient
    purpose: Purpose
    way: Way
    categories: frozenset[Category]
    # All of `needs`, and all of one of `any_of` where it has any.
    needs: frozenset[Fact]
    basis: str
    citation: str
    any_of: tuple[frozenset[Fact], ...] = ()
    obligations: frozenset[Obligation] = frozenset()
    # Where it has any, no item goes but one that is one of these.
    only: frozenset[Trait] = frozenset()


_ALWAYS = frozenset({Fact.SAME_PLAN, Fact.SECOND_FACTOR})
_ON_TEAM = _ALWAYS | {Fact.ON_THE_MEMBERS_TEAM}
_SELF = _ALWAYS | {Fact.IS_THE_MEMBER}
_OWN = frozenset(
    {
        Category.RECORDS,
        Category.CLAIMS,
        Category.ENROLLMENT,
        Category.PERSON,
        Category.MESSAGES,
        Category.TRAIL,
        Category.DISCLOSURES,
    }
)
# Whoever signs in but for a representative, who so far acts for nobody.
_HERE = (
    Recipient.MEMBER,
    Recipient.CARE_WORKER,
    Recipient.SUPERVISOR,
    Recipient.PRIVACY_OFFICER,
    Recipient.PLAN_ADMIN,
    Recipient.OPERATOR,
)
_STAFF_USE = ("staff_use", "164.514(d)(2)")
_TO_MEMBER = ("to_the_member", "164.502(a)(1)(i)")
_SYSTEM_REVIEW = ("system_review", "164.308(a)(1)(ii)(D)")


def _staff(
    act: Act,
    recipient: Recipient,
    purpose: Purpose,
    categories: set[Category],
    needs: frozenset[Fact],
    basis: tuple[str, str],
    obligations: frozenset[Obligation] = frozenset(),
) -> Rule:
    return Rule(
        act,
        recipient,
        purpose,
        Way.STAFF_USE,
        frozenset(categories),
        needs,
        *basis,
        obligations=obligations,
    )


_CARE = tuple(
    _staff(act, who, Purpose.CARE_MESSAGE, {Category.MESSAGES}, _ON_TEAM, _STAFF_USE)
    for act in (Act.VIEW, Act.ANSWER_MESSAGE)
    for who in (Recipient.CARE_WORKER, Recipient.SUPERVISOR)
)
# Whoever is not on the team says why first, and then reads for a time: nothing more. What they
# learn before that is whether someone with this number is in the plan.
_OUTSIDE = tuple(
    _staff(
        act,
        who,
        Purpose.OUTSIDE_TEAM,
        {category},
        needs,
        ("reason_given", "164.514(d)(2), 164.308(a)(1)(ii)(D)"),
    )
    for act, category, needs in (
        (Act.GIVE_REASON, Category.ENROLLMENT, _ALWAYS),
        (Act.VIEW, Category.MESSAGES, _ALWAYS | {Fact.REASON_GIVEN}),
    )
    for who in (Recipient.CARE_WORKER, Recipient.SUPERVISOR)
)
_OVERSIGHT = tuple(
    _staff(
        act,
        Recipient.PRIVACY_OFFICER,
        Purpose.PRIVACY_OVERSIGHT,
        {Category.TRAIL, Category.DISCLOSURES},
        _ALWAYS,
        ("privacy_oversight", "164.530(a)(1)"),
    )
    for act in (Act.VIEW, Act.SEARCH_TRAIL, Act.RECORD_DISCLOSURE)
)
# Without the member's consent, an officer reads no line of what Part 2 or notes protect: the rows
# cut those items here as everywhere.
_MARKING = _staff(
    Act.MARK_RECORD,
    Recipient.PRIVACY_OFFICER,
    Purpose.PRIVACY_OVERSIGHT,
    {Category.RECORDS},
    _ALWAYS,
    ("privacy_oversight", "164.530(a)(1), (c)(1)"),
)
_SYSTEM = tuple(
    _staff(act, Recipient.OPERATOR, Purpose.RUNNING_THE_PORTAL, categories, _ALWAYS, _SYSTEM_REVIEW)
    for act, categories in (
        (Act.VIEW, {Category.MAIL, Category.SYSTEM}),
        (Act.TEST_MAIL, {Category.SYSTEM}),
    )
)
# Anyone may say that something went wrong, and read again what they said. What a member reports is
# theirs: nothing that the plan agreed not to share stands in their own way.
_REPORTS = tuple(
    Rule(
        Act.REPORT_INCIDENT,
        who,
        Purpose.PRIVACY_OVERSIGHT,
        Way.TO_MEMBER if who is Recipient.MEMBER else Way.STAFF_USE,
        frozenset({Category.INCIDENTS}),
        _ALWAYS,
        "incident_report",
        "164.530(d)(1)",
    )
    for who in _HERE
)
# Letters of rights are the officer's to see out of the house, the rest the office's.
_LETTERS = tuple(
    _staff(Act.MAIL_LETTERS, who, Purpose.MAILING, {Category.LETTERS}, _ALWAYS, _STAFF_USE)
    for who in (Recipient.PLAN_ADMIN, Recipient.PRIVACY_OFFICER)
)
# Two people: one asks, an officer who is another one decides, an operator carries it out.
_DISPOSAL = tuple(
    _staff(
        act,
        who,
        Purpose.DISPOSAL,
        {Category.KEYS},
        _ALWAYS,
        ("disposal", "164.310(d)(2)(i)"),
        frozenset({Obligation.SECOND_APPROVER}),
    )
    for act, who in (
        (Act.ASK_TO_DESTROY, Recipient.OPERATOR),
        (Act.ASK_TO_DESTROY, Recipient.PRIVACY_OFFICER),
        (Act.DECIDE_DESTROYING, Recipient.PRIVACY_OFFICER),
        (Act.DESTROY, Recipient.OPERATOR),
    )
)
_MEMBERS = (
    Rule(Act.VIEW, Recipient.MEMBER, Purpose.OWN_ACCESS, Way.TO_MEMBER, _OWN, _SELF, *_TO_MEMBER),
    Rule(
        Act.WRITE_MESSAGE,
        Recipient.MEMBER,
        Purpose.CARE_MESSAGE,
        Way.TO_MEMBER,
        frozenset({Category.MESSAGES}),
        _SELF,
        *_TO_MEMBER,
    ),
    Rule(
        Act.VIEW,
        Recipient.REPRESENTATIVE,
        Purpose.OWN_ACCESS,
        Way.TO_REPRESENTATIVE,
        _OWN,
        _ALWAYS | {Fact.REPRESENTATIVE_VERIFIED},
        "to_the_representative",
        "164.502(g), 524(a)(3)(iii)",
    ),
)
RULES = (
    *_MEMBERS,
    *_CARE,
    *_OUTSIDE,
    *_OVERSIGHT,
    _MARKING,
    *_SYSTEM,
    _staff(
        Act.HANDLE_INCIDENT,
        Recipient.PRIVACY_OFFICER,
        Purpose.PRIVACY_OVERSIGHT,
        {Category.INCIDENTS},
        _ALWAYS,
        ("privacy_oversight", "164.308(a)(6)(ii)"),
    ),
    # Who registered is read to know who they are, and for nothing else (promise AM14).
    *(
        _staff(
            Act.VIEW,
            who,
            Purpose.IDENTIFICATION,
            {Category.REGISTRANT},
            _ALWAYS,
            ("identification", "164.514(h)"),
        )
        for who in (Recipient.PLAN_ADMIN, Recipient.OPERATOR)
    ),
    *_REPORTS,
    *_LETTERS,
    *_DISPOSAL,
)
