"""Notices of a plan: published once for good, never before their day, seen at the next visit."""

import re
import threading
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Plan, User
from consents import health, notice_access, notice_actions, notice_text
from consents.models import NoticeKind, NoticeSeen, NoticeVersion
from portal.base import context
from portal.base.audit.models import Event
from portal.base.standing import read_only
from tests import factories
from tests.accounts.test_sign_in import code_of, give_password
from tests.factories import draft

SAID = {"en": "- **New:** a word.", "es": "- **Nuevo:** una palabra."}


def publish(plan: Plan, kind: str = "npp", **values: Any) -> NoticeVersion:
    return notice_actions.publish(plan=plan, draft=draft(plan, kind, **values), client="test")


def told(plan: Plan, **values: Any) -> list[str]:
    """Why nothing was published."""

    def count() -> int:
        with context.system("test"):
            return NoticeVersion.objects.count()

    before = count()
    with pytest.raises(notice_actions.NotPublished) as refused:
        publish(plan, **values)
    assert count() == before
    return list(refused.value.args)


def days(plan: Plan, number: int) -> date:
    return factories.today(plan) + timedelta(days=number)


def page(client: Client, name: str, *args: Any) -> str:
    return client.get(reverse(f"notices:{name}", args=args)).content.decode()


@pytest.fixture
def anyone(plan: Plan) -> Client:
    return Client(headers={"host": plan.host})


@pytest.mark.promise("AH22")
@pytest.mark.parametrize("language", ["en", "es"])
def test_anyone_reads_the_notice_in_force_from_every_page(
    plan: Plan, anyone: Client, language: str
) -> None:
    publish(plan)
    anyone.cookies["language"] = language
    with_footer = anyone.get(reverse("account_login"), headers={"accept-language": language})
    link = reverse("notices:current", args=["npp"])
    assert f'href="{link}"' in with_footer.content.decode()
    shown = anyone.get(link, headers={"accept-language": language}).content.decode()
    header = {"en": "THIS NOTICE DESCRIBES HOW", "es": "ESTE AVISO DESCRIBE"}[language]
    assert header in shown
    assert plan.name in shown
    assert "{" not in re.sub(r"<style.*?</style>", "", shown)


@pytest.mark.promise("AH22")
def test_a_notice_is_of_its_own_plan_alone(plan: Plan, other_plan: Plan, anyone: Client) -> None:
    publish(other_plan)
    assert "not put it here yet" in page(anyone, "current", "npp")
    assert anyone.get(reverse("notices:version", args=["npp", 1])).status_code == 404
    theirs = Client(headers={"host": other_plan.host})
    assert theirs.get(reverse("notices:version", args=["npp", 1])).status_code == 200


@pytest.mark.promise("AL25")
def test_no_notice_takes_effect_before_its_publication(plan: Plan) -> None:
    assert "before today" in told(plan, effective=days(plan, -1))[0]
    assert publish(plan, effective=days(plan, 0)).number == 1


@pytest.mark.promise("AL25")
def test_the_database_keeps_one_that_was_never_published_before_out(plan: Plan) -> None:
    version = publish(plan)
    values = {
        name: getattr(version, name)
        for name in ("plan", "kind", "texts", "published_at", "published_on", "in_force_from")
    }
    early = version.published_on - timedelta(days=1)
    with context.system("test", plan.pk), pytest.raises(IntegrityError), transaction.atomic():
        NoticeVersion.objects.create(**values, number=2, effective_on=early)
    with context.system("test", plan.pk):
        NoticeVersion.objects.create(**values, number=2, effective_on=version.effective_on)


@pytest.mark.promise("AL25")
def test_a_version_follows_no_later_one(plan: Plan) -> None:
    publish(plan, effective=days(plan, 10))
    assert (
        "before the version that it follows" in told(plan, effective=days(plan, 9), changes=SAID)[0]
    )
    assert publish(plan, effective=days(plan, 10), changes=SAID).number == 2


@pytest.mark.promise("AL25")
def test_what_is_to_come_is_shown_and_does_not_hold_yet(plan: Plan, anyone: Client) -> None:
    publish(plan)
    publish(plan, effective=days(plan, 30), changes=SAID)
    now = page(anyone, "current", "npp")
    assert "Version 1. In effect since" in now
    assert "It changes on" in now
    later = page(anyone, "version", "npp", 2)
    assert "Takes effect on" in later
    assert "Until that day, the version before it holds." in later
    with context.system("test", plan.pk):
        at = timezone.now() + timedelta(days=31)
        assert notice_access.number_at(plan.pk, "npp", at) == 2


def test_only_one_to_come_is_told_as_that(plan: Plan, anyone: Client) -> None:
    publish(plan, effective=days(plan, 30))
    assert "It takes effect here on" in page(anyone, "current", "npp")


@pytest.mark.promise("AL25")
def test_older_versions_stay_with_what_changed(plan: Plan, anyone: Client) -> None:
    publish(plan, "terms")
    text = notice_text.product_text("terms", "en") or ""
    new = {
        "en": text.replace("## Children", "## Young people"),
        "es": notice_text.product_text("terms", "es"),
    }
    publish(plan, "terms", texts=new, changes=SAID)
    older = page(anyone, "version", "terms", 1)
    assert "This is an older version" in older
    assert "Children" in older
    newer = page(anyone, "current", "terms")
    assert "<strong>New:</strong> a word." in newer
    beside = page(anyone, "changes", "terms", 2)
    gone = re.findall(r"<del>(.*?)</del>", beside, re.DOTALL)
    came = re.findall(r"<ins>(.*?)</ins>", beside, re.DOTALL)
    assert ["Children" in one for one in gone] == [True]
    assert ["Young people" in one for one in came] == [True]
    assert anyone.get(reverse("notices:changes", args=["terms", 1])).status_code == 404


@pytest.mark.promise("AL24")
def test_what_came_in_keeps_the_version_it_came_under(plan: Plan) -> None:
    """Of two versions, each has its time; nothing published later changes an earlier answer."""
    publish(plan)
    publish(plan, effective=days(plan, 30), changes=SAID)
    with context.system("test", plan.pk):
        first, second = NoticeVersion.objects.order_by("number")
        asked = {
            first.published_at - timedelta(seconds=1): None,
            first.published_at: 1,
            second.in_force_from - timedelta(microseconds=1): 1,
            second.in_force_from: 2,
        }

        def answers() -> list[int | None]:
            return [notice_access.number_at(plan.pk, "npp", at) for at in asked]

        assert answers() == list(asked.values())
    publish(plan, effective=days(plan, 60), changes=SAID)
    with context.system("test", plan.pk):
        assert answers() == list(asked.values())


@pytest.mark.promise("AL24")
def test_a_version_begins_at_midnight_where_the_plan_is(plan: Plan) -> None:
    day = days(plan, 200)
    version = publish(plan, effective=day)
    begins = version.in_force_from.astimezone(UTC)
    # New York is four or five hours behind.
    assert begins in {datetime(day.year, day.month, day.day, hour, tzinfo=UTC) for hour in (4, 5)}


@pytest.mark.promise("AL3")
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"contact": " "}, "Say whom people turn to"),
        ({"phone": ""}, "no phone number"),
        ({"texts": {"en": "# A notice", "es": "# Un aviso"}}, "leaves out header"),
        ({"texts": {"es": notice_text.product_text("npp", "es")}}, "“en” is missing"),
    ],
)
def test_what_a_notice_lacks_forbids_it(plan: Plan, values: Any, sentence: str) -> None:
    assert any(sentence in one for one in told(plan, **values))
    publish(plan)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("No title", "must begin with its title"),
        ("# Terms\n\nFrom {somebody}.", "has {somebody}"),
        ("# Terms\n\nYou waive your rights.", "give up a right"),
    ],
)
def test_no_terms_are_published_that_are_not_whole(plan: Plan, text: str, sentence: str) -> None:
    texts = {"en": text, "es": "# Condiciones"}
    assert any(sentence in one for one in told(plan, kind="terms", texts=texts))
    publish(plan, "terms", texts={**texts, "en": "# Terms"})


def test_a_second_version_says_what_changed(plan: Plan) -> None:
    publish(plan)
    assert "what changed" in told(plan, changes={"en": "- A word."})[0]
    assert publish(plan, changes=SAID).changes == SAID


def test_what_was_published_stays_when_the_plan_changes(plan: Plan, anyone: Client) -> None:
    publish(plan)
    with context.system("test"):
        Plan.objects.filter(pk=plan.pk).update(phone="1-800-555-9999")
    words = page(anyone, "current", "npp").split("<main")[1].split("</main")[0]
    assert "1-800-555-0142" in words
    assert "1-800-555-9999" not in words


def test_hostile_words_stay_words(plan: Plan, anyone: Client) -> None:
    said = "# Terms <b>\n\n<script>alert(1)</script> [a](javascript:alert(1)) ![x](/x)\n\n## <i>"
    publish(plan, "terms", texts={"en": said, "es": "# C"}, contact="*Office* [x](http://x)")
    shown = page(anyone, "current", "terms")
    main = shown.split("<main")[1].split("</main")[0]
    assert "<script" not in main
    assert "<b>" not in main.replace("<b></b>", "")
    assert 'href="javascript:' not in main
    assert "<img" not in main


@pytest.mark.parametrize("way", ["UPDATE", "DELETE FROM"])
def test_the_application_changes_no_notice(plan: Plan, member_user: User, way: str) -> None:
    version = publish(plan)
    with context.system("test", plan.pk):
        notice_actions.note(member_user, [version], "read")
    for table in ("consents_noticeversion", "consents_noticeseen"):
        statement = f"{way} {table}" + (" SET id = id" if way == "UPDATE" else "")
        with (
            context.system("test", plan.pk),
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_publishing_is_in_the_trail(plan: Plan) -> None:
    version = publish(plan)
    with context.system("test", plan.pk):
        line = Event.objects.get(action="notice.published")
    assert (line.object_id, line.facts) == (version.pk, {"kind": "npp", "version": 1})


def sights(user: User) -> list[tuple[str, int, str]]:
    with context.system("test", user.plan_id):
        found = NoticeSeen.objects.filter(user=user).order_by("at", "id")
        return [(one.version.kind, one.version.number, one.sight) for one in found]


@pytest.mark.promise("AL1")
def test_a_member_sees_at_the_next_visit_what_is_new(plan: Plan, member_user: User) -> None:
    publish(plan)
    visit = factories.signed_in(member_user)
    home = visit.get(reverse("home"))
    assert home.status_code == 200
    assert "please look at this" in home.text
    assert sights(member_user) == [("npp", 1, "shown")]
    # It stands in no one's way, on no page.
    assert visit.get(reverse("messaging:inbox")).status_code == 200
    page(visit, "version", "npp", 1)
    assert "please look at this" not in visit.get(reverse("home")).text
    assert sights(member_user) == [("npp", 1, "shown"), ("npp", 1, "read")]
    again = factories.signed_in(member_user)
    assert "please look at this" not in again.get(reverse("home")).text
    publish(plan, changes=SAID)
    # In a visit under way nothing changes; at the next one it does.
    assert "please look at this" not in again.get(reverse("home")).text
    third = factories.signed_in(member_user)
    assert "it changed" in third.get(reverse("home")).text
    with context.system("test", plan.pk):
        lines = Event.objects.filter(actor_id=member_user.pk, action__startswith="notice.")
        assert [one.action for one in lines.order_by("at")] == [
            "notice.shown", "notice.read", "notice.shown",
        ]  # fmt: skip


@pytest.mark.promise("AL1")
def test_what_came_out_during_a_visit_counts_as_opened_too(plan: Plan, member_user: User) -> None:
    visit = factories.signed_in(member_user)
    visit.get(reverse("home"))
    publish(plan)
    for _time in range(2):
        page(visit, "current", "npp")
    assert sights(member_user) == [("npp", 1, "read")]
    again = factories.signed_in(member_user)
    assert "please look at this" not in again.get(reverse("home")).text
    publish(plan, changes=SAID)
    page(again, "changes", "npp", 2)
    assert sights(member_user) == [("npp", 1, "read"), ("npp", 2, "read")]


@pytest.mark.promise("AL1")
def test_what_was_confirmed_unread_counts_as_opened_once_it_is(
    plan: Plan, member_user: User
) -> None:
    publish(plan)
    visit = factories.signed_in(member_user)
    visit.get(reverse("home"))
    visit.post(reverse("notices:seen"), {"notice": "npp.1"})
    page(visit, "version", "npp", 1)
    assert [one[2] for one in sights(member_user)] == ["shown", "confirmed", "read"]


@pytest.mark.promise("AL1")
@pytest.mark.promise("AL25")
def test_the_one_in_force_is_shown_and_each_that_was_announced(
    plan: Plan, member_user: User
) -> None:
    """Not what another followed; and what is only announced doesn't stand for what holds now."""
    for day in (0, 0, 30, 60):
        publish(plan, effective=days(plan, day), changes=SAID)
    visit = factories.signed_in(member_user)
    home = visit.get(reverse("home")).text
    assert sights(member_user) == [("npp", number, "shown") for number in (2, 3, 4)]
    assert re.findall(r'value="(npp.\d)"', home) == ["npp.2", "npp.3", "npp.4"]
    for day in (30, 60):
        assert f"it changes on {date_format(days(plan, day))}" in home
    assert home.count("it changed") == 1
    page(visit, "version", "npp", 3)
    assert re.findall(r'value="(npp.\d)"', visit.get(reverse("home")).text) == ["npp.2", "npp.4"]
    visit.post(reverse("notices:seen"), {"notice": ["npp.2"]})
    assert re.findall(r'value="(npp.\d)"', visit.get(reverse("home")).text) == ["npp.4"]


@pytest.mark.promise("AL25")
def test_what_another_replaces_before_its_day_is_announced_no_more(
    plan: Plan, member_user: User, anyone: Client
) -> None:
    """The way to put a mistake right (ADR 15)."""
    for day in (0, 30, 30):
        publish(plan, effective=days(plan, day), changes=SAID)
    home = factories.signed_in(member_user).get(reverse("home")).text
    assert re.findall(r'value="(npp.\d)"', home) == ["npp.1", "npp.3"]
    archive = page(anyone, "all")
    assert archive.count("Takes effect on") == 1
    assert "Never took effect: version 3 came in its place" in archive
    replaced = page(anyone, "version", "npp", 2)
    assert "Version 2. It never took effect." in replaced
    assert reverse("notices:version", args=["npp", 3]) in replaced
    assert "Takes effect on" not in replaced


@pytest.mark.promise("AL1")
def test_what_was_seen_when_announced_is_not_new_when_it_holds(
    plan: Plan, member_user: User
) -> None:
    publish(plan)
    publish(plan, effective=days(plan, 30), changes=SAID)
    with context.system("test", plan.pk):
        later = [one.number for one in notice_access.unseen(member_user)]
        notice_actions.note(member_user, NoticeVersion.objects.all(), "read")
        then = timezone.now() + timedelta(days=31)
        with mock.patch.object(timezone, "now", return_value=then):
            assert notice_access.unseen(member_user) == []
    assert later == [1, 2]


@pytest.mark.promise("AL1")
def test_i_have_seen_them_is_kept_once(plan: Plan, member_user: User) -> None:
    for kind in NoticeKind.values:
        publish(plan, kind)
    visit = factories.signed_in(member_user)
    visit.get(reverse("home"))
    form = {"notice": ["npp.1", "terms.1", "terms.9", "x", "privacy.1.1"], "next": "/messages/"}
    for _time in range(2):
        answer = visit.post(reverse("notices:seen"), form)
        assert answer.url == "/messages/"
    kept = [one for one in sights(member_user) if one[2] == "confirmed"]
    assert kept == [("npp", 1, "confirmed"), ("terms", 1, "confirmed")]
    home = visit.get(reverse("home")).text
    assert 'value="privacy.1"' in home
    assert 'value="npp.1"' not in home


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example", ""])
def test_it_leads_on_to_pages_of_ours_alone(plan: Plan, member_user: User, next_url: str) -> None:
    visit = factories.signed_in(member_user)
    answer = visit.post(reverse("notices:seen"), {"next": next_url})
    assert answer.url == reverse("home")


def test_staff_and_visitors_are_not_asked(plan: Plan, care_worker: User, anyone: Client) -> None:
    publish(plan)
    visit = factories.signed_in(care_worker)
    visit.get(reverse("home"), follow=True)
    visit.post(reverse("notices:seen"), {"notice": "npp.1"})
    page(anyone, "version", "npp", 1)
    assert "please look at this" not in page(anyone, "version", "npp", 1)
    assert sights(care_worker) == []


def test_nothing_is_written_while_people_may_only_read(plan: Plan, member_user: User) -> None:
    publish(plan)
    read_only.begin(client="test", until=None, why={})
    visit = factories.signed_in(member_user)
    assert visit.get(reverse("home")).status_code == 200
    assert sights(member_user) == []
    read_only.end(client="test")
    assert "please look at this" in visit.get(reverse("home")).text
    assert sights(member_user) == [("npp", 1, "shown")]


def test_an_officer_sees_how_many_and_nobody_else(
    plan: Plan, member_user: User, privacy_officer: User, care_worker: User
) -> None:
    publish(plan)
    factories.signed_in(member_user).get(reverse("home"))
    counted = "shown to 1, opened by 0, confirmed by 0"
    assert counted in page(factories.signed_in(privacy_officer), "all")
    for other in (care_worker, member_user):
        assert "shown to" not in page(factories.signed_in(other), "all")


def test_the_command_publishes_the_products_own_text(plan: Plan, tmp_path: Path) -> None:
    out = StringIO()
    given = ["--plan", "cedar", "--kind", "npp", "--contact", "Privacy Office, 1 Main Street"]
    call_command("publish_notice", *given, "--check", stdout=out)
    with context.system("test", plan.pk):
        assert not NoticeVersion.objects.exists()
    call_command("publish_notice", *given, stdout=out)
    assert "It may be published, in en, es." in out.getvalue()
    assert "/notices/npp/1/" in out.getvalue()
    for look_only in ([], ["--check"]):
        with pytest.raises(CommandError, match="what changed"):
            call_command("publish_notice", *given, *look_only)
    own = tmp_path / "own.md"
    own.write_text("# Ours\n\nFrom {plan}.")
    with pytest.raises(CommandError, match="leaves out"):
        call_command("publish_notice", *given, "--text", f"en={own}", "--check")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--effective", "soon"], "no date"),
        (["--text", "en"], "LANGUAGE="),
        (["--text", "fr=a.md"], "no pages in “fr”"),
        (["--text", "en=/nowhere/a.md"], "can't be read"),
        (["--contact", ""], "Say whom"),
    ],
)
def test_what_the_command_does_not_take(plan: Plan, more: list[str], sentence: str) -> None:
    given = ["--plan", "cedar", "--kind", "terms", "--contact", "Office"]
    with pytest.raises(CommandError, match=re.escape(sentence)):
        call_command("publish_notice", *given, *more)


def test_two_who_publish_at_once_make_two_versions(commits: str) -> None:
    """Each is held against the one before it, whoever comes first."""
    plan, found = factories.plan("cedar"), []

    def one() -> None:
        try:
            found.append(publish(plan, changes=SAID).number)
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _time in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [1, 2, 3, 4]


def test_doctor_names_a_plan_without_a_notice_in_force(plan: Plan, other_plan: Plan) -> None:
    def told() -> list[str]:
        with context.system("test"):
            return [found.says.split(" has no notice")[0] for found in health.notices()]

    publish(other_plan, effective=days(other_plan, 1))
    publish(other_plan, "terms")
    assert sorted(told()) == ["Cedar Health Plan", "Harbor Health Plan"]
    publish(plan)
    assert told() == ["Harbor Health Plan"]


@pytest.mark.promise("AL1")
def test_who_sets_up_a_second_step_is_shown_notices_on_the_page_after(
    plan: Plan, member_user: User
) -> None:
    publish(plan)
    browser = Client(headers={"host": plan.host})
    give_password(browser, member_user.user_id)
    browser.get(reverse("enrol"))
    device = member_user.totp_devices.get()
    codes = browser.post(reverse("enrol"), {"code": code_of(device)})
    assert codes.status_code == 200
    assert sights(member_user) == []
    assert "please look at this" in browser.get(reverse("home")).text
    assert sights(member_user) == [("npp", 1, "shown")]
