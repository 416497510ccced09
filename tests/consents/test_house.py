"""Who may do what within the house, cell by cell: all that is not in this table is refused."""

import ast
from itertools import product

import pytest
from django.utils import translation

from consents.matrix import Way
from consents.question import (
    REFUSING,
    Act,
    Category,
    ConsentKind,
    Fact,
    Item,
    Purpose,
    Question,
    Recipient,
    Restriction,
    Tag,
)
from consents.rules import TABLE, decide
from consents.sentences import SENTENCES, Reason
from tests.consents.asking import NOW, TRAITS, asked, consenting, no, rule_of, yes
from tests.sweeps.test_code import modules

pytestmark = pytest.mark.promise("AL2")
TEAM, OTHER_TEAM, SELF = Fact.ON_THE_MEMBERS_TEAM, Fact.REASON_GIVEN, Fact.IS_THE_MEMBER
OWN = "claims disclosures enrollment messages person records trail"
REPORT = ("report_incident", "privacy_oversight", "incidents", None)
CARE = (
    ("view", "care_message", "messages", TEAM),
    ("answer_message", "care_message", "messages", TEAM),
    ("view", "outside_team", "messages", OTHER_TEAM),
    ("give_reason", "outside_team", "enrollment", None),
    REPORT,
)
# By role: act, purpose, categories, and the fact that ties them to the member, where there is one.
HOUSE: dict[str, tuple[tuple[str, str, str, Fact | None], ...]] = {
    "member": (
        ("view", "own_access", OWN, SELF),
        ("write_message", "care_message", "messages", SELF),
        REPORT,
    ),
    "representative": (("view", "own_access", OWN, Fact.REPRESENTATIVE_VERIFIED),),
    "care_worker": CARE,
    "supervisor": CARE,
    "privacy_officer": (
        ("view", "privacy_oversight", "disclosures trail", None),
        ("search_trail", "privacy_oversight", "disclosures trail", None),
        ("record_disclosure", "privacy_oversight", "disclosures trail", None),
        ("handle_incident", "privacy_oversight", "incidents", None),
        ("mark_record", "privacy_oversight", "records", None),
        ("mail_letters", "mailing", "letters", None),
        ("ask_to_destroy", "disposal", "keys", None),
        ("decide_destroying", "disposal", "keys", None),
        REPORT,
    ),
    "plan_admin": (
        ("view", "identification", "registrant", None),
        ("mail_letters", "mailing", "letters", None),
        REPORT,
    ),
    "operator": (
        ("view", "identification", "registrant", None),
        ("view", "running_the_portal", "mail system", None),
        ("test_mail", "running_the_portal", "system", None),
        ("ask_to_destroy", "disposal", "keys", None),
        ("destroy", "disposal", "keys", None),
        REPORT,
    ),
}
ACTS = [act for act in Act if act is not Act.DISCLOSE]
EVERYTHING = frozenset(set(Fact) - REFUSING)


def question(act: Act, who: Recipient, why: Purpose, *what: Category, **more) -> Question:
    given = {"facts": EVERYTHING, "consents": (), "restrictions": (), **more}
    items = tuple(Item(one, traits=TRAITS) for one in what)
    return Question(act=act, recipient=who, purpose=why, items=items, now=NOW, **given)


@pytest.mark.parametrize("role", HOUSE)
def test_each_cell_of_the_table_and_nothing_beside_it(role: str) -> None:
    """Each act, purpose and category, with all that helps on file: refusals share the set-up."""
    found = {
        (act, why, what)
        for act, why, what in product(ACTS, Purpose, Category)
        if decide(question(act, Recipient(role), why, what)).permitted
    }
    assert found == {
        (act, why, what)
        for act, why, categories, _tie in HOUSE[role]
        for what in categories.split()
    }


@pytest.mark.parametrize(
    ("role", "cell"),
    [(role, cell) for role, cells in HOUSE.items() for cell in cells],
    ids=lambda one: one if isinstance(one, str) else "-".join(one[:2]),
)
def test_each_cell_asks_for_plan_second_step_and_tie(role: str, cell) -> None:
    act, why, categories, tie = cell
    row = (Act(act), Recipient(role), Purpose(why), *map(Category, categories.split()))
    assert decide(question(*row)).permitted
    for fact in {Fact.SAME_PLAN, Fact.SECOND_FACTOR, *([tie] if tie else [])}:
        refused = decide(question(*row, facts=EVERYTHING - {fact}))
        assert not refused.permitted
        assert refused.sentence


def test_a_restriction_never_stands_in_the_way_of_a_members_own_report() -> None:
    everything = {"restrictions": (Restriction(),)}
    asks = (Purpose.PRIVACY_OVERSIGHT, Category.INCIDENTS)
    report = question(Act.REPORT_INCIDENT, Recipient.MEMBER, *asks, **everything)
    assert decide(report).permitted
    handling = question(Act.HANDLE_INCIDENT, Recipient.PRIVACY_OFFICER, *asks, **everything)
    assert decide(handling).reason == "restricted"


def test_no_other_role_is_in_the_house() -> None:
    assert {rule.recipient for rule in TABLE if rule.act is not Act.DISCLOSE} == set(HOUSE)


# Never without the member's own form, whoever asks; genes never for the price of insurance.
@pytest.mark.promise("AM15")
@pytest.mark.parametrize(
    ("purpose", "reason", "says"),
    [
        (Purpose.SALE, Reason.SALE, "We do not sell it"),
        (Purpose.MARKETING, Reason.MARKETING, "No ads"),
        (Purpose.EMPLOYMENT, Reason.EMPLOYMENT, "decisions about someone's job"),
    ],
)
def test_sale_ads_and_jobs_are_refused_to_everyone(purpose, reason, says) -> None:
    for act, who, what in product(Act, Recipient, Category):
        refused = decide(question(act, who, purpose, what))
        assert not refused.permitted
        if what is not Category.REGISTRANT:
            assert refused.reason in {reason, Reason.NOT_NECESSARY, Reason.NO_RULE}
    rule = rule_of(Way.AUTHORIZATION, purpose)
    bare = question(rule.act, rule.recipient, purpose, *rule.categories)
    assert no(bare) == reason
    assert says in str(decide(bare).sentence)
    with translation.override("es"):
        assert says not in str(decide(bare).sentence)
    yes(consenting(asked(rule), rule, ConsentKind.AUTHORIZATION))


@pytest.mark.promise("AL11")
def test_genes_set_no_price() -> None:
    rows = [rule for rule in TABLE if rule.purpose is Purpose.UNDERWRITING]
    assert rows
    for rule in rows:
        yes(asked(rule))
        refused = decide(asked(rule, Tag.GENETIC))
        assert (refused.permitted, refused.reason) == (False, Reason.GENES)
        assert refused.sentence == SENTENCES[Reason.GENES]
    for who in HOUSE:
        no(question(Act.VIEW, Recipient(who), Purpose.UNDERWRITING, Category.RECORDS))


@pytest.mark.promise("AM14")
def test_nothing_reads_what_registrants_told_for_another_purpose() -> None:
    """One module reads what staff told of who they are, and asks the rules for that purpose."""
    names = [name for name, tree in modules() if "REGISTRANT" in ast.unparse(tree)]
    assert {name.partition("/")[0] for name in names} == {"consents"}
    readers = {name for name, tree in modules() if "registration_of" in ast.unparse(tree)}
    assert readers == {"accounts/access.py", "consents/identifying.py"}
