"""The decision: may this person or recipient have these items, for this purpose?

A pure function over a table: no database, no request. Unknown means no. Each row cites the law it
rests on (45 CFR part 164).
"""

from dataclasses import dataclass, field
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Act(StrEnum):
    VIEW = "view"
    WRITE_MESSAGE = "write_message"
    ANSWER_MESSAGE = "answer_message"
    SEARCH_TRAIL = "search_trail"
    RECORD_DISCLOSURE = "record_disclosure"
    REPORT_INCIDENT = "report_incident"
    HANDLE_INCIDENT = "handle_incident"
    MAIL_LETTERS = "mail_letters"
    ASK_TO_DESTROY = "ask_to_destroy"
    DECIDE_DESTROYING = "decide_destroying"
    DESTROY = "destroy"
    TEST_MAIL = "test_mail"


class Recipient(StrEnum):
    MEMBER = "member"
    CARE_WORKER = "care_worker"
    SUPERVISOR = "supervisor"
    PRIVACY_OFFICER = "privacy_officer"
    PLAN_ADMIN = "plan_admin"
    OPERATOR = "operator"


class Purpose(StrEnum):
    OWN_ACCESS = "own_access"
    CARE_MESSAGE = "care_message"
    PRIVACY_OVERSIGHT = "privacy_oversight"
    RUNNING_THE_PORTAL = "running_the_portal"
    MAILING = "mailing"
    DISPOSAL = "disposal"


class Category(StrEnum):
    RECORDS = "records"
    # Who someone is and who cares for them: names, address, account, care teams.
    PERSON = "person"
    MESSAGES = "messages"
    TRAIL = "trail"
    DISCLOSURES = "disclosures"
    # How notification mail goes: about no one member, and no health information.
    MAIL = "mail"
    INCIDENTS = "incidents"
    LETTERS = "letters"
    # Keys that seal someone's data: what is asked for and counted, never what they seal.
    KEYS = "keys"
    # How the portal as a whole is doing: counts and times, about nobody.
    SYSTEM = "system"


class Fact(StrEnum):
    IS_THE_MEMBER = "is_the_member"
    ON_THE_MEMBERS_TEAM = "on_the_members_team"
    SAME_PLAN = "same_plan"
    SECOND_FACTOR = "second_factor"


@dataclass(frozen=True)
class Item:
    """What is asked for: its category and its sensitivity tags."""

    category: Category
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Question:
    act: Act
    recipient: Recipient | None
    purpose: Purpose | None
    items: tuple[Item, ...]
    facts: frozenset[Fact]


@dataclass(frozen=True)
class Decision:
    permitted: bool
    basis: str = ""
    citation: str = ""
    obligations: tuple[str, ...] = ()
    # Items that the recipient may not have though the rest is permitted: the minimum necessary.
    cut: tuple[Item, ...] = ()
    sentence: str | Promise = field(default="", compare=False)


@dataclass(frozen=True)
class Rule:
    act: Act
    recipient: Recipient
    purpose: Purpose
    categories: frozenset[Category]
    needs: frozenset[Fact]
    basis: str
    citation: str


_ALWAYS = frozenset({Fact.SAME_PLAN, Fact.SECOND_FACTOR})
_ON_TEAM = _ALWAYS | {Fact.ON_THE_MEMBERS_TEAM}
_SELF = _ALWAYS | {Fact.IS_THE_MEMBER}
_OWN = frozenset(
    {
        Category.RECORDS,
        Category.PERSON,
        Category.MESSAGES,
        Category.TRAIL,
        Category.DISCLOSURES,
    }
)
_STAFF_USE = ("staff_use", "164.514(d)(2)")
_TO_MEMBER = ("to_the_member", "164.502(a)(1)(i)")

TABLE: tuple[Rule, ...] = (
    Rule(Act.VIEW, Recipient.MEMBER, Purpose.OWN_ACCESS, _OWN, _SELF, *_TO_MEMBER),
    Rule(
        Act.WRITE_MESSAGE,
        Recipient.MEMBER,
        Purpose.CARE_MESSAGE,
        frozenset({Category.MESSAGES}),
        _SELF,
        *_TO_MEMBER,
    ),
    *(
        Rule(
            act,
            recipient,
            Purpose.CARE_MESSAGE,
            frozenset({Category.MESSAGES}),
            _ON_TEAM,
            *_STAFF_USE,
        )
        for act in (Act.VIEW, Act.ANSWER_MESSAGE)
        for recipient in (Recipient.CARE_WORKER, Recipient.SUPERVISOR)
    ),
    *(
        Rule(
            act,
            Recipient.PRIVACY_OFFICER,
            Purpose.PRIVACY_OVERSIGHT,
            frozenset({Category.TRAIL, Category.DISCLOSURES}),
            _ALWAYS,
            "privacy_oversight",
            "164.530(a)(1)",
        )
        for act in (Act.VIEW, Act.SEARCH_TRAIL, Act.RECORD_DISCLOSURE)
    ),
    Rule(
        Act.VIEW,
        Recipient.OPERATOR,
        Purpose.RUNNING_THE_PORTAL,
        frozenset({Category.MAIL, Category.SYSTEM}),
        _ALWAYS,
        "system_review",
        "164.308(a)(1)(ii)(D)",
    ),
    Rule(
        Act.TEST_MAIL,
        Recipient.OPERATOR,
        Purpose.RUNNING_THE_PORTAL,
        frozenset({Category.SYSTEM}),
        _ALWAYS,
        "system_review",
        "164.308(a)(1)(ii)(D)",
    ),
    Rule(
        Act.HANDLE_INCIDENT,
        Recipient.PRIVACY_OFFICER,
        Purpose.PRIVACY_OVERSIGHT,
        frozenset({Category.INCIDENTS}),
        _ALWAYS,
        "privacy_oversight",
        "164.308(a)(6)(ii)",
    ),
    # Anyone may say that something went wrong, and read again what they said.
    *(
        Rule(
            Act.REPORT_INCIDENT,
            recipient,
            Purpose.PRIVACY_OVERSIGHT,
            frozenset({Category.INCIDENTS}),
            _ALWAYS,
            "incident_report",
            "164.530(d)(1)",
        )
        for recipient in Recipient
    ),
    # Letters of rights are the officer's to see out of the house, the rest the office's.
    *(
        Rule(
            Act.MAIL_LETTERS,
            recipient,
            Purpose.MAILING,
            frozenset({Category.LETTERS}),
            _ALWAYS,
            *_STAFF_USE,
        )
        for recipient in (Recipient.PLAN_ADMIN, Recipient.PRIVACY_OFFICER)
    ),
    # Two people: one asks, an officer who is another one decides, an operator carries it out.
    *(
        Rule(
            act,
            recipient,
            Purpose.DISPOSAL,
            frozenset({Category.KEYS}),
            _ALWAYS,
            "disposal",
            "164.310(d)(2)(i)",
        )
        for act, recipient in (
            (Act.ASK_TO_DESTROY, Recipient.OPERATOR),
            (Act.ASK_TO_DESTROY, Recipient.PRIVACY_OFFICER),
            (Act.DECIDE_DESTROYING, Recipient.PRIVACY_OFFICER),
            (Act.DESTROY, Recipient.OPERATOR),
        )
    ),
)

NO = _("Your role does not allow this. Nothing was shown or changed.")


def decide(question: Question) -> Decision:
    """Answer from the table. No matching row, no items, or a missing fact: refused."""
    for rule in TABLE:
        if not _matches(rule, question):
            continue
        cut = tuple(item for item in question.items if not _allows(rule, item))
        if len(cut) == len(question.items):
            break
        return Decision(permitted=True, basis=rule.basis, citation=rule.citation, cut=cut)
    return Decision(permitted=False, sentence=NO)


def _matches(rule: Rule, question: Question) -> bool:
    asked = (question.act, question.recipient, question.purpose)
    return asked == (rule.act, rule.recipient, rule.purpose) and rule.needs <= question.facts


def _allows(rule: Rule, item: Item) -> bool:
    """A tag is a ground for more rules, so a rule that names none gives tagged items to no one
    but the member, whose own access doesn't depend on tags (45 CFR 164.524)."""
    if item.category not in rule.categories:
        return False
    return not item.tags or rule.recipient is Recipient.MEMBER
