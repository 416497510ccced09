"""The table of roles and purposes: what is not written there is refused."""

from dataclasses import replace

import pytest
from django.utils import translation

from consents.matrix import ROWS, Column, Way
from consents.question import Act, Category, Fact, Purpose, Recipient
from consents.rules import TABLE, decide
from consents.sentences import LAWS, NOT_THIS, SENTENCES, Reason
from tests.consents.asking import asked, no, with_item, without, yes

pytestmark = pytest.mark.promise("AL2")


def name_of(value: object) -> str:
    """One order each time: two processes must find the same tests."""
    if isinstance(value, str):
        return str(value)
    return f"{value.act}-{value.recipient}-{value.purpose}"


@pytest.mark.parametrize("rule", TABLE, ids=name_of)
def test_each_row_permits_with_its_citation(rule) -> None:
    decision = yes(asked(rule))
    assert (decision.basis, decision.citation) == (rule.basis, rule.citation)


@pytest.mark.parametrize(
    ("rule", "fact"), [(rule, fact) for rule in TABLE for fact in sorted(rule.needs)], ids=name_of
)
def test_each_missing_fact_refuses(rule, fact) -> None:
    question = asked(rule)
    no(replace(question, facts=question.facts - {fact}))


@pytest.mark.parametrize("rule", TABLE, ids=name_of)
@pytest.mark.parametrize("change", [{"recipient": None}, {"purpose": None}, {"items": ()}])
def test_unknown_is_refused(rule, change) -> None:
    no(replace(asked(rule), **change))


@pytest.mark.parametrize("rule", TABLE, ids=name_of)
def test_a_category_that_the_row_does_not_name_is_refused(rule) -> None:
    for category in set(Category) - rule.categories:
        no(with_item(asked(rule), category))


def test_each_question_has_one_row() -> None:
    keys = [(rule.act, rule.recipient, rule.purpose) for rule in TABLE]
    assert len(keys) == len(set(keys))


@pytest.mark.promise("AL8")
def test_staff_see_of_a_member_what_their_team_cares_for_alone() -> None:
    """Where a row gives staff something of a member's own file, it asks for the team, or for a
    reason that the member sees; and with a reason they may look and do nothing more. Beside them a
    privacy officer alone, to say how sensitive a record is, whatever team cares for the member."""
    of_a_file = {Category.RECORDS, Category.CLAIMS, Category.MESSAGES}
    staff = [one for one in TABLE if one.way is Way.STAFF_USE and one.categories & of_a_file]
    rows = [one for one in staff if one.act is not Act.MARK_RECORD]
    [marking] = [one for one in staff if one not in rows]
    assert (marking.recipient, marking.categories) == (
        Recipient.PRIVACY_OFFICER,
        {Category.RECORDS},
    )
    needed = {
        (Act.VIEW, Purpose.CARE_MESSAGE): Fact.ON_THE_MEMBERS_TEAM,
        (Act.ANSWER_MESSAGE, Purpose.CARE_MESSAGE): Fact.ON_THE_MEMBERS_TEAM,
        (Act.VIEW, Purpose.OUTSIDE_TEAM): Fact.REASON_GIVEN,
    }
    assert {(one.act, one.purpose, one.recipient) for one in rows} == {
        (*asked_for, who)
        for asked_for in needed
        for who in (Recipient.CARE_WORKER, Recipient.SUPERVISOR)
    }
    for rule in rows:
        assert needed[rule.act, rule.purpose] in rule.needs


def test_the_matrix_has_all_its_rows_and_columns() -> None:
    assert set(ROWS) == set(Way)
    assert {rule.way for rule in TABLE} == set(Way) - {Way.MISTAKE}
    assert len(Way) * len(Column) == 70


def test_each_reason_has_a_sentence_in_both_languages() -> None:
    assert set(SENTENCES) == set(Reason)
    for sentence in SENTENCES.values():
        with translation.override("en"):
            english = str(sentence)
        with translation.override("es"):
            assert str(sentence) != english


def test_sentences_tell_nothing_of_what_is_there() -> None:
    """Of notes and other tagged items the same words are said as of any that may not go."""
    hidden = {
        Reason.PSYCHOTHERAPY_NOTES, Reason.SUD_NOTES, Reason.PART2, Reason.HELD_BACK,
        Reason.RESTRICTED, Reason.GENES,
    }  # fmt: skip
    assert len({str(SENTENCES[reason]) for reason in hidden}) == 1
    unknown = decide(asked(TABLE[0], "unknown"))
    assert (unknown.reason, unknown.sentence) == (Reason.UNKNOWN_TAG, NOT_THIS)


def test_every_refusal_names_its_law_but_the_one_that_the_plan_alone_promised() -> None:
    assert {reason for reason in Reason if not LAWS[reason]} == {Reason.REGISTRANT}
    assert decide(without(asked(TABLE[0]), *TABLE[0].needs)).citation
