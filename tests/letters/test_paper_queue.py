"""The page of the office: print, mail, came back; each once, and each on record."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Member, Plan, User
from disclosures import facts, letter_actions
from portal.base import context, once
from portal.base.audit.models import Event
from portal.base.crypto.errors import SealBroken
from portal.base.files.models import SealedFile
from portal.base.ids import uuid7
from portal.base.letters import kinds, queue
from portal.base.letters.models import Letter, LetterState, Reason
from tests import factories
from tests.letters.conftest import again, waiting
from tests.letters.sheets import reader
from tests.messaging.conftest import acting
from tests.sweeps.routes import routes_of

QUEUE = "disclosures:letter-queue"


@pytest.fixture
def browser(office: User, client_for: Callable[[User], Client]) -> Client:
    return client_for(office)


@pytest.fixture
def letter(member: Member) -> Letter:
    return waiting(member)


def press(browser: Client, what: str, **form: Any) -> Any:
    return browser.post(reverse(f"disclosures:letter-{what}"), form, follow=True)


def printed(office: User, *letters: Letter) -> Letter:
    with acting(office):
        ids = [one.pk for one in letters]
        assert letter_actions.print_letters(by=office, ids=ids, batch_id=uuid7()) == []
    return again(letters[0])


def mailed(office: User, letter: Letter) -> Letter:
    printed(office, letter)
    with acting(office):
        letter_actions.mail_letters(by=office, ids=[letter.pk], on=factories.today(office.plan))
    return again(letter)


def returned(office: User, letter: Letter) -> Letter:
    mailed(office, letter)
    with acting(office):
        today = factories.today(office.plan)
        letter_actions.take_back(by=office, ids=[letter.pk], on=today, reason="moved")
    return again(letter)


def done(action: str) -> int:
    with context.system("test"):
        return Event.objects.filter(action=action, outcome="permitted").count()


def test_an_empty_queue_says_so(browser: Client) -> None:
    for state, words in {
        "": "No letter waits to be printed",
        "?state=printed": "No printed letter waits to be mailed",
        "?state=mailed": "No letter is on its way",
        "?state=returned": "No letter came back",
        "?state=nonsense": "No letter waits to be printed",
    }.items():
        assert words in browser.get(reverse(QUEUE) + state).text


def test_the_same_form_twice_prints_once(browser: Client, office: User, letter: Letter) -> None:
    form = {"letters": letter.pk, "send_key": once.new_key(office.pk)}
    first = press(browser, "print", **form)
    state = again(letter)
    second = press(browser, "print", **form)
    assert first.redirect_chain == second.redirect_chain
    assert (again(letter).printed_at, done("letter.printed")) == (state.printed_at, 1)
    with context.system("test", letter.plan_id), context.about_member(letter.member_id):
        assert SealedFile.objects.count() == 1


def test_an_old_page_says_that_its_letters_are_printed(
    browser: Client, office: User, letter: Letter
) -> None:
    before, late = (
        {"letters": letter.pk, "send_key": once.new_key(office.pk)} for _page in range(2)
    )
    press(browser, "print", **before)
    told = press(browser, "print", **late)
    assert "No letter was marked: someone may have done it before you." in told.text
    # And shows what there is to mail, not an empty list.
    assert letter.number in told.text
    assert done("letter.printed") == 1


def test_letters_printed_together_come_as_one_file(
    browser: Client, office: User, letter: Letter, stranger: User
) -> None:
    other = waiting(stranger.member)
    form = {"letters": [letter.pk, other.pk], "send_key": once.new_key(office.pk)}
    page = press(browser, "print", **form)
    assert "2 letters are ready to print" in page.text
    url = reverse("disclosures:letter-batch", args=[again(letter).batch_id])
    sheets = reader(browser.get(url).content).pages
    names = [("Ana Diaz" in s.extract_text(), "Jin Cho" in s.extract_text()) for s in sheets]
    assert names == [(True, False), (False, False), (False, True)]
    assert done("letter.taken") == 2


def test_what_was_printed_is_shown_again_to_the_byte(
    browser: Client, office: User, letter: Letter, plan: Plan
) -> None:
    printed(office, letter)
    url = reverse("disclosures:letter-file", args=[letter.pk])
    before = browser.get(url).content
    with context.system("test"):
        Plan.objects.update(name="Another Name")
    after = browser.get(url)
    assert after.content == before
    assert hashlib.sha256(before).hexdigest() == again(letter).sha256
    assert after["Content-Disposition"].startswith("attachment")
    assert after["Cache-Control"] == "no-store"


def test_another_file_in_its_place_is_not_shown(office: User, letter: Letter) -> None:
    one = printed(office, letter)
    one.sha256 = "0" * 64
    with acting(office), context.about_member(one.member_id), pytest.raises(SealBroken):
        queue.printed(one)


def test_a_letter_without_an_address_is_stopped_and_says_what_to_do(
    browser: Client, office: User, member: Member
) -> None:
    with context.system("test"):
        member.address = None
        member.save(update_fields=["address"])
    letter = waiting(member)
    page = browser.get(reverse(QUEUE)).text
    assert "Missing: The person&#x27;s mailing address. Load the member" in page
    assert f'value="{letter.pk}"' not in page
    told = press(browser, "print", letters=letter.pk, send_key=once.new_key(office.pk))
    assert f"Letter {letter.number} was not printed. Missing: The person" in told.text
    assert again(letter).state == LetterState.WAITING
    # Once the plan's source tells of one, the letter takes it.
    with context.system("test"):
        member.address = factories.ADDRESS
        member.save(update_fields=["address"])
    assert printed(office, letter).address == f"Ana Diaz\n{factories.ADDRESS}"


def test_a_name_that_cannot_be_set_goes_on_the_envelope(
    browser: Client, office: User, member: Member
) -> None:
    with context.system("test"):
        member.given_name = "李"
        member.save(update_fields=["given_name"])
    letter = waiting(member)
    told = press(browser, "print", letters=letter.pk, send_key=once.new_key(office.pk))
    assert "Write this address on an envelope by hand" in told.text
    assert "李" in told.text
    assert again(letter).state == LetterState.PRINTED
    today = factories.today(office.plan)
    told = press(browser, "mail", letters=letter.pk, day=today)
    assert "by hand" not in told.text
    assert again(letter).state == LetterState.MAILED


def test_who_and_when_stand_at_each_step(browser: Client, office: User, letter: Letter) -> None:
    printed(office, letter)
    today = factories.today(office.plan)
    press(browser, "mail", letters=letter.pk, day=today)
    press(browser, "return", letters=letter.pk, day=today, reason="moved")
    row = again(letter)
    assert (row.state, row.mailed_on, row.returned_on) == ("returned", today, today)
    assert {row.printed_by, row.mailed_by, row.returned_by} == {office.pk}
    page = browser.get(reverse("disclosures:letter-detail", args=[letter.pk])).text
    assert page.count("by Paula Grant") == 3
    assert "They moved" in page
    assert [done(f"letter.{step}") for step in ("printed", "mailed", "returned")] == [1, 1, 1]


def test_no_step_is_skipped_or_taken_twice(office: User, letter: Letter) -> None:
    today = factories.today(office.plan)
    with acting(office):
        ids = [letter.pk]
        assert letter_actions.mail_letters(by=office, ids=ids, on=today) == 0
        assert letter_actions.take_back(by=office, ids=ids, on=today, reason="moved") == 0
    mailed(office, letter)
    with acting(office):
        later = today + timedelta(days=1)
        assert letter_actions.mail_letters(by=office, ids=ids, on=later) == 0
    assert again(letter).mailed_on == today


@pytest.mark.parametrize("what", ["mail", "return"])
@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"day": "2026-01-02", "reason": "moved"}, "Choose at least one letter."),
        ({"letters": "nonsense", "day": "2026-01-02", "reason": "moved"}, "Choose at least one"),
        ({"letters": str(uuid7()), "day": "", "reason": "moved"}, "Enter the date."),
        ({"letters": str(uuid7()), "day": "2099-01-02", "reason": "moved"}, "in the future"),
    ],
)
def test_what_is_wrong_is_told(
    browser: Client, office: User, letter: Letter, what: str, form: Any, words: str
) -> None:
    (printed if what == "mail" else mailed)(office, letter)
    answer = press(browser, what, **form)
    assert answer.status_code == 422
    assert words in answer.text


def test_a_reason_is_asked_for(browser: Client, office: User, letter: Letter) -> None:
    mailed(office, letter)
    answer = press(browser, "return", letters=letter.pk, day="2026-01-02", reason="")
    assert "Choose why they came back." in answer.text
    assert f'value="{letter.pk}" checked' in answer.text


def test_a_form_of_someone_else_prints_nothing(browser: Client, letter: Letter) -> None:
    answer = press(browser, "print", letters=letter.pk, send_key=once.new_key(uuid7()))
    assert "This page is too old" in answer.text
    assert again(letter).state == LetterState.WAITING


def test_a_letter_that_came_back_is_written_again_once(
    browser: Client, office: User, letter: Letter, member: Member
) -> None:
    returned(office, letter)
    with context.system("test"):
        member.address = "7 New Road\nSpringfield, NC 27000"
        member.save(update_fields=["address"])
    url = reverse("disclosures:letter-again", args=[letter.pk])
    pages = [browser.post(url, follow=True) for _ in range(2)]
    assert pages[0].redirect_chain == pages[1].redirect_chain
    assert f"Sent in place of</dt><dd>{letter.number}" in pages[0].text
    with context.system("test", letter.plan_id):
        new = Letter.objects.get(replaces=letter)
    assert new.address == "Ana Diaz\n7 New Road\nSpringfield, NC 27000"
    assert (new.event_id, new.state, done("letter.replaced")) == (letter.event_id, "waiting", 1)
    assert "A new letter was written." in browser.get(reverse(QUEUE) + "?state=returned").text


def test_a_mark_made_by_mistake_is_undone_once(
    browser: Client, office: User, letter: Letter
) -> None:
    returned(office, letter)
    page = browser.get(reverse("disclosures:letter-detail", args=[letter.pk])).text
    assert "Was it marked by mistake?" in page
    url = reverse("disclosures:letter-unmark", args=[letter.pk])
    pages = [browser.post(url, {"state": "returned"}, follow=True).text for _ in range(2)]
    assert "This is undone." in pages[0]
    assert "Nothing was undone." in pages[1]
    row = again(letter)
    assert (row.state, row.returned_on, row.returned_by, row.returned_reason) == (
        LetterState.MAILED, None, None, "",
    )  # fmt: skip
    assert done("letter.return_undone") == 1
    browser.post(url, {"state": "mailed"})
    row = again(letter)
    assert (row.state, row.mailed_on, row.mailed_by) == (LetterState.PRINTED, None, None)
    assert done("letter.mail_undone") == 1
    assert "Nothing was undone." in browser.post(url, {"state": "printed"}, follow=True).text
    assert again(letter).state == LetterState.PRINTED


def test_a_letter_that_another_replaced_keeps_its_marks(
    browser: Client, office: User, letter: Letter
) -> None:
    returned(office, letter)
    browser.post(reverse("disclosures:letter-again", args=[letter.pk]))
    url = reverse("disclosures:letter-unmark", args=[letter.pk])
    page = browser.get(reverse("disclosures:letter-detail", args=[letter.pk])).text
    assert "Was it marked by mistake?" not in page
    assert "Nothing was undone." in browser.post(url, {"state": "returned"}, follow=True).text
    assert again(letter).state == LetterState.RETURNED


def test_a_letter_on_the_table_needs_no_new_one(
    browser: Client, office: User, letter: Letter
) -> None:
    printed(office, letter)
    answer = browser.post(reverse("disclosures:letter-again", args=[letter.pk]))
    assert answer.status_code == 403


def test_the_database_keeps_the_states(office: User, letter: Letter) -> None:
    with context.system("test", letter.plan_id):
        rows = Letter.objects.filter(pk=letter.pk)
        for change in ({"state": "mailed"}, {"mailed_on": factories.today(office.plan)}):
            with pytest.raises(IntegrityError), transaction.atomic():
                rows.update(**change)


def test_a_letter_of_another_plan_is_not_there(
    browser: Client, office: User, other_plan_member: User
) -> None:
    foreign = waiting(other_plan_member.member)
    url = reverse("disclosures:letter-detail", args=[foreign.pk])
    assert browser.get(url).status_code == 404
    press(browser, "print", letters=foreign.pk, send_key=once.new_key(office.pk))
    assert again(foreign).state == LetterState.WAITING


def test_row_security_hides_letters_of_others(
    letter: Letter, stranger: User, care_worker: User, member_user: User
) -> None:
    for who, seen in ((stranger, 0), (care_worker, 0), (member_user, 1)):
        with acting(who):
            assert Letter.objects.count() == seen, who.user_id


def test_a_step_that_is_not_logged_is_not_taken(office: User, letter: Letter) -> None:
    silent = patch("portal.base.letters.queue.trail.record", side_effect=RuntimeError)
    with silent, pytest.raises(RuntimeError), acting(office):
        letter_actions.print_letters(by=office, ids=[letter.pk], batch_id=uuid7())
    assert again(letter).state == LetterState.WAITING


def test_whose_key_is_destroyed_does_not_stop_the_list(
    browser: Client, letter: Letter, member: Member, stranger: User, office: User
) -> None:
    mailed(office, letter)
    late, other = waiting(member), waiting(stranger.member)
    factories.destroy_key(member.privacy_holder_id)
    assert browser.get(reverse(QUEUE) + "?state=mailed").status_code == 200
    page = browser.get(reverse(QUEUE)).text
    assert "Nothing is left to print." in page
    assert "Jin Cho" in page
    ids = [late.pk, other.pk]
    press(browser, "print", letters=ids, send_key=once.new_key(office.pk))
    assert [again(one).state for one in (late, other)] == ["waiting", "printed"]


def test_the_trail_tells_of_letters_in_words() -> None:
    assert set(kinds._kinds) <= set(facts.KINDS)
    for reason in Reason.values:
        assert facts.value_of("reason_code", reason) != reason
    routes = {name for name in routes_of() if name.startswith("disclosures:letter-")}
    assert routes <= set(facts.PAGES)


def test_members_see_where_letters_go(
    member_user: User, client_for: Callable[[User], Client]
) -> None:
    assert (
        "12 Elm Street<br>Springfield"
        in client_for(member_user).get(reverse("disclosures:whole-record")).text
    )


def test_days_follow_each_other(browser: Client, office: User, letter: Letter) -> None:
    printed(office, letter)
    said = press(browser, "mail", letters=letter.pk, day="1902-01-01").text
    assert "One of them was printed after this day." in said
    today = factories.today(office.plan)
    assert press(browser, "mail", letters=letter.pk, day=today).status_code == 200
    said = press(browser, "return", letters=letter.pk, day="1901-01-01", reason="moved").text
    assert "One of them was mailed after this day." in said
    assert again(letter).state == "mailed"
    said = press(browser, "mail", letters=letter.pk, day=today).text
    assert "No letter was marked" in said


def test_who_it_is_for_can_read_and_not_change_it(member: Member, letter: Letter) -> None:
    bound = context.AccessContext(plan_id=member.plan_id, role="member", member_id=member.pk)
    with context.bind(bound):
        assert Letter.objects.filter(pk=letter.pk).exists()
        assert Letter.objects.filter(pk=letter.pk).update(language="es") == 0
        with pytest.raises(ProgrammingError, match="permission denied"):
            Letter.objects.filter(pk=letter.pk).delete()
