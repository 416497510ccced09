"""Read-only mode: people sign in and read; nothing else is written; their words stay with them."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from messaging.models import Draft, Message
from portal.base import context, once
from portal.base.audit.models import Event
from portal.base.standing import read_only
from portal.middleware import WITHOUT_PLAN
from tests import factories
from tests.accounts.test_sign_in import code_of
from tests.phi_records.bundles import bundle, patient

pytestmark = pytest.mark.promise("AH19")
WORDS = "My words & <all> of them"


def turn_on(hours: float | None = 2, **more: str) -> None:
    until = [f"--until={(timezone.now() + timedelta(hours=hours)).isoformat()}"] if hours else []
    call_command("read_only", "on", *until, **more)


@pytest.fixture
def client(member_user, client_for):
    cache.clear()
    return client_for(member_user)


def write(client, member_user, team, **more):
    session = client.session
    session["messaging_safety"] = True
    session.save()
    return client.post(
        reverse("messaging:compose"),
        {
            "send_key": once.new_key(member_user.pk),
            "team": str(team.pk),
            "subject": "Plain",
            "body": WORDS,
            **more,
        },
    )


def test_a_message_is_not_taken_and_its_words_stay(client, member_user, member, team):
    turn_on(why="We move to a larger server.")
    answer = write(client, member_user, team)
    assert answer.status_code == 403
    assert "Nothing was sent or changed" in answer.text
    assert "We move to a larger server." in answer.text
    assert WORDS in unescape(answer.text)
    with context.system("test", member.plan_id), context.about_member(member.pk):
        assert (Message.objects.count(), Draft.objects.count()) == (0, 0)


def test_what_was_kept_on_the_page_is_sent_from_there_afterwards(client, member_user, member, team):
    turn_on()
    text = write(client, member_user, team).text
    call_command("read_only", "off")
    values = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text))
    answer = client.post(reverse("messaging:compose"), {k: unescape(v) for k, v in values.items()})
    assert answer.status_code == 302
    with context.system("test", member.plan_id), context.about_member(member.pk):
        assert Message.objects.get().body == WORDS


def test_a_saving_that_is_refused_says_so_in_a_line(client, member_user, team):
    turn_on(why="We move to a larger server.")
    session = client.session
    session["messaging_safety"] = True
    session.save()
    answer = client.post(
        reverse("messaging:compose"),
        {"send_key": once.new_key(member_user.pk), "body": WORDS, "save_draft": "1"},
        headers={"accept": "text/plain"},
    )
    assert answer.status_code == 403
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "We plan to be done by" in answer.text
    assert "We move to a larger server." in answer.text


def test_a_file_that_was_chosen_is_chosen_again(client, member_user, member, team):
    turn_on()
    note = SimpleUploadedFile("note.txt", b"One line of words.", content_type="text/plain")
    text = write(client, member_user, team, upload=note).text
    assert "The file that you chose was not kept." in text
    assert '<input type="file" id="again-upload" name="upload"' in text
    assert 'enctype="multipart/form-data"' in text
    # Without words there is nothing to send from there.
    note.seek(0)
    text = client.post(reverse("messaging:compose"), {"upload": note, "add_file": "1"}).text
    assert "Try to send again" not in text
    assert "Choose it again when it is over." in text
    assert "was not kept" not in write(client, member_user, team).text


def test_who_has_a_privacy_problem_is_told_of_another_way(client, plan):
    page = client.get(reverse("disclosures:incident-new")).text
    assert "Send this report" in page
    turn_on()
    page = client.get(reverse("disclosures:incident-new")).text
    assert "Send this report" not in page
    assert "say that it is for the privacy office" in page
    told = page.partition("say that it is for the privacy office")[2].partition("</section>")[0]
    assert f'<a href="tel:{plan.phone}">' in told
    assert plan.address.splitlines()[0] in told


def test_only_what_was_typed_is_shown(client, member_user, team):
    turn_on()
    text = unescape(write(client, member_user, team, save_draft="1").text)
    assert re.search(r"<textarea[^>]*>([^<]*<all>[^<]*)</textarea>", text)[1] == f"Plain\n\n{WORDS}"


def test_a_password_is_not_put_on_the_page(client):
    turn_on()
    answer = client.post(
        reverse("account-password"), {"password": "hunter two 22", "new_password1": "x y z 1234"}
    )
    assert answer.status_code == 403
    assert "hunter" not in answer.text
    assert "Try to send again" not in answer.text


def test_every_page_says_it_and_until_when(client):
    turn_on()
    for name in ("home", "records:home", "messaging:inbox", "account", "notices:all"):
        assert (
            "You can read, but not send or change anything, until" in client.get(reverse(name)).text
        )
    turn_on(hours=None)
    assert "change anything for now." in client.get(reverse("home")).text
    call_command("read_only", "off")
    assert "You can read, but not" not in client.get(reverse("home")).text


def test_someone_signs_in_meanwhile_and_out_again(plan, member_user):
    cache.clear()
    factories.signed_in(member_user)
    turn_on()
    client = Client(headers={"host": plan.host})
    client.post(reverse("account_login"), {"login": "ana.diaz", "password": factories.PASSWORD})
    code = code_of(member_user.totp_devices.get())
    assert client.post(reverse("second_step"), {"code": code}).url == reverse("home")
    assert client.get(reverse("records:home")).status_code == 200
    assert client.post(reverse("account_logout")).url == reverse("signed-out")


def test_waiting_is_no_reason_to_be_signed_out(client, member_user, team):
    """The refusal counts as use: whoever keeps words on the page must stay signed in."""
    turn_on()
    before = client.session.get_expiry_date()
    line = member_user.sign_ins.get().last_seen_at
    write(client, member_user, team)
    assert client.session.get_expiry_date() >= before
    assert member_user.sign_ins.get().last_seen_at >= line


def test_the_trail_tells_of_it(plan):
    turn_on()
    call_command("read_only", "off")
    with context.system("test"):
        told = set(Event.objects.values_list("action", flat=True))
    assert {"portal.read_only_on", "portal.read_only_off"} <= told


def test_health_checks_need_no_plan_and_go_on(client):
    turn_on()
    for path in ("/livez", "/readyz"):
        assert path in WITHOUT_PLAN
        assert client.get(path).status_code == 200


@pytest.mark.parametrize(
    ("until", "told"),
    [
        ("soon", "is no time"),
        ("2999-01-01T06:00", "how far the clock is from UTC"),
        ("2020-01-01T06:00+00:00", "over already"),
    ],
)
def test_a_time_that_helps_nobody_is_refused(db, until, told):
    with pytest.raises(CommandError, match=told):
        call_command("read_only", "on", until=until)
    assert read_only.state() is None


def test_off_without_on_is_told(db):
    with pytest.raises(CommandError, match="was not in read-only mode"):
        call_command("read_only", "off")


def test_an_import_waits_until_it_is_over(plan, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(bundle(patient("M-77", family="Ruiz")))
    turn_on()
    with pytest.raises(CommandError, match="read-only mode"):
        call_command("import_fhir", str(path), plan="cedar", errors=str(tmp_path / "errors"))
    call_command("read_only", "off")
    call_command("import_fhir", str(path), plan="cedar", errors=str(tmp_path / "errors"))
