"""A decision is read back from its line, and decided again to the same answer."""

from dataclasses import replace

import pytest
from hypothesis import given

from consents import replay
from consents.question import (
    Agreement,
    Category,
    ConsentKind,
    Fact,
    Purpose,
    Question,
    Tag,
    with_each_tag,
)
from consents.roles import RULES
from consents.rules import VERSION, decide
from tests.consents.asking import NOW, asked, consenting, restricted
from tests.consents.test_properties import questions

pytestmark = pytest.mark.promise("AL2")
CARE = next(rule for rule in RULES if Fact.ON_THE_MEMBERS_TEAM in rule.needs)


def test_a_line_holds_codes_that_a_person_can_read() -> None:
    question = plain(asked(CARE))
    line = replay.written(question, decide(question))
    assert line == (
        f"{VERSION},us-2026-11-01 view care_worker care_message "
        "messages+in_scope+named+needed_now+no_identifiers+one_of_eight+relevant+statement"
        "+suitability "
        "on_the_members_team,same_plan,second_factor - - -"
    )


def plain(question: Question) -> Question:
    """As the house asks today: of items without a tag, with no permission on file."""
    items = {replace(item, tags=frozenset()) for item in question.items}
    in_order = sorted(items, key=lambda item: "+".join([item.category, *sorted(item.traits)]))
    now = {"consents": (), "restrictions": (), "agreement": None, "party": "", "now": NOW}
    return replace(question, items=tuple(in_order), **now)


@given(questions())
def test_each_decision_can_be_made_again_from_what_is_kept(question) -> None:
    question = plain(question)
    decision = decide(question)
    again = decide(replay.read(replay.written(question, decision), NOW))
    assert replace(again, cut=()) == replace(decision, cut=())
    assert set(again.cut) == set(decision.cut)


@pytest.mark.parametrize(
    "question",
    [
        asked(CARE, Tag.PART2, agreement=None),
        consenting(asked(CARE, agreement=None), CARE, ConsentKind.PART2_TPO),
        restricted(asked(CARE, agreement=None)),
        asked(CARE, agreement=Agreement(frozenset(Purpose), NOW.date())),
    ],
    ids=["tag", "permission", "restriction", "contract"],
)
def test_what_a_line_cannot_hold_is_not_written_in_part(question) -> None:
    """Nor in the clear: each of these tells of health, or of people."""
    line = replay.written(plain(question), decide(question))
    assert replace(replay.read(line, NOW), pack="") == plain(question)
    with pytest.raises(replay.NotKept):
        replay.written(question, decide(question))


@pytest.mark.parametrize(
    "line",
    [
        "",
        "2026.1",
        "2026.1 view",
        "2026.1 - member own_access records - -",
        "2026.1 read member own_access records - -",
        "2026.1 view friend own_access records - -",
        "2026.1 view member own_access diary - -",
        "2026.1 view member own_access records+secret - -",
        "2026.1 view member own_access records hearsay -",
    ],
)
def test_what_no_rules_wrote_is_not_read(line) -> None:
    assert replay.read(line, NOW) is None


def test_nobody_and_nothing_are_read_back_too() -> None:
    question = replace(
        plain(asked(CARE)), recipient=None, items=(), facts=frozenset(), purpose=None
    )
    read = replay.read(replay.written(question, decide(question)), NOW)
    assert (read.recipient, read.purpose, read.items, read.facts) == (None, None, (), frozenset())
    assert Category.MESSAGES not in {item.category for item in read.items}


def test_under_a_pack_that_is_not_kept_nothing_is_decided_again() -> None:
    question = replace(plain(asked(CARE)), state="nc", pack="2026-11-01")
    line = replay.written(question, decide(question))
    kept, lost = (
        replay.read(text, NOW) for text in (line, line.replace("nc-2026-11-01", "nc-1999-01-01"))
    )
    assert (kept.state, kept.pack) == ("nc", "2026-11-01")
    assert decide(kept).permitted
    assert decide(lost).reason == "not_looked_up"


def test_a_question_about_a_whole_file_is_read_back_with_all_tags() -> None:
    own = next(rule for rule in RULES if Fact.IS_THE_MEMBER in rule.needs)
    question = replace(plain(asked(own)), items=with_each_tag(Category.RECORDS))
    line = replay.written(question, decide(question))
    assert " records* " in line
    read = replay.read(line, NOW)
    assert read.items == question.items
    assert decide(read).cut == decide(question).cut != ()
    assert line.endswith(
        " - - records#endangerment_hold,records#psychotherapy_notes,records#sud_notes"
    )


def test_what_was_owed_and_cut_then_is_held_against_today() -> None:
    own = next(rule for rule in RULES if Fact.IS_THE_MEMBER in rule.needs)
    question = replace(plain(asked(own)), items=with_each_tag(Category.RECORDS))
    decision = decide(question)
    line = replay.written(question, decision)
    cut_less = line.replace(",records#sud_notes", "")
    owed_more = line.replace(" - - ", " account - ")
    # As lines were before they kept what is cut.
    older = line.rsplit(" ", 2)[0]
    told = [replay.same(one, question, decision) for one in (line, cut_less, owed_more, older)]
    assert told == [True, False, False, True]
