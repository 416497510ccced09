"""Files in messages: sealed, shut until they are known to be safe, and for the two sides alone."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import CareTeam, User
from disclosures.models import Incident
from messaging import rules
from messaging.models import Message, Thread
from portal.base import context, registry
from portal.base.audit.models import Event
from portal.base.files import checks, scan
from portal.base.files.models import FileCheck, Scan, SealedFile
from tests.files import scanners
from tests.files.test_checks import PDF, picture
from tests.messaging.conftest import acting, words

pytestmark = pytest.mark.promise("AH3")
COMPOSE = reverse("messaging:compose")


@pytest.fixture
def scanner(settings: Any) -> Iterator[scanners.OddScanner]:
    odd = scanners.OddScanner()
    settings.CLAMD_URL = odd.address
    yield odd
    odd.close()


def pdf(name: str = "letter.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def note(user: User, team: CareTeam, **more: Any) -> dict[str, Any]:
    return {**words(user), "team": str(team.pk), "subject": "A letter", **more}


def files(user: User) -> list[SealedFile]:
    with acting(user):
        return list(SealedFile.objects.filter(removed_at=None).order_by("pk"))


def state(file: SealedFile) -> str:
    with context.system("test"):
        return FileCheck.objects.get(pk=file.pk).state


def lines(action: str) -> list[Event]:
    with context.system("test"):
        return list(Event.objects.filter(action=action).order_by("at"))


def sent_with(writer: Client, user: User, team: CareTeam, upload: Any) -> Thread:
    page = writer.post(COMPOSE, note(user, team, upload=upload), follow=True)
    assert "Your message is sent" in page.text
    with acting(user):
        return Thread.objects.latest("pk")


def link(thread: Thread, file: SealedFile) -> str:
    return reverse("messaging:file", args=[thread.pk, file.pk])


def test_a_file_goes_with_a_message_and_both_sides_open_it(
    writer: Client, member_user: User, care_worker: User, team: CareTeam, client_for: Any,
    scanner: scanners.OddScanner,
) -> None:  # fmt: skip
    thread = sent_with(writer, member_user, team, pdf("My letter.pdf"))
    [file] = files(member_user)
    page = writer.get(reverse("messaging:thread-detail", args=[thread.pk])).text
    assert "My letter.pdf" in page
    assert "We check it for viruses" in page
    assert scan.sweep(10) == 1
    assert scanner.taken == PDF
    worker = client_for(care_worker)
    assert "Has a file" in worker.get(reverse("messaging:team-inbox")).text
    for side, view in ((writer, "thread-detail"), (worker, "team-thread")):
        assert link(thread, file) in side.get(reverse(f"messaging:{view}", args=[thread.pk])).text
        answer = side.get(link(thread, file))
        assert (answer.status_code, answer.content) == (200, PDF)
        assert answer["Content-Disposition"].startswith('attachment; filename="file-')
        assert "letter" not in answer["Content-Disposition"]
        assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == (
            "nosniff",
            "no-store",
        )
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert [line.actor_id for line in lines("file.opened")] == [member_user.pk, care_worker.pk]
    assert lines("file.opened")[0].member_id == member_user.member_id


def test_nobody_opens_it_before_the_scanner_saw_it(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    thread = sent_with(writer, member_user, team, pdf())
    [file] = files(member_user)
    early = writer.get(link(thread, file))
    assert early.status_code == 403
    assert "We still check this file for viruses" in early.text
    assert "This file cannot be opened" in early.text
    assert "someone tried" not in early.text
    scanner.close()
    assert scan.sweep(10) == 0
    assert state(file) == Scan.WAITING
    assert writer.get(link(thread, file)).status_code == 403


def test_a_virus_stays_shut_and_the_officers_hear_of_it(
    writer: Client, member_user: User, care_worker: User, team: CareTeam, client_for: Any,
    scanner: scanners.OddScanner, django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    scanner.answer = b"stream: Win.Test.EICAR_HDB-1 FOUND\0"
    thread = sent_with(writer, member_user, team, pdf())
    [file] = files(member_user)
    with django_capture_on_commit_callbacks(execute=True):
        assert scan.sweep(10) == 1
    for side, view in ((writer, "thread-detail"), (client_for(care_worker), "team-thread")):
        page = side.get(reverse(f"messaging:{view}", args=[thread.pk])).text
        assert "Stopped: it has a virus" in page
        assert link(thread, file) not in page
        refused = side.get(link(thread, file))
        assert (refused.status_code, PDF in refused.content) == (403, False)
    with context.system("test"):
        incident = Incident.objects.get()
    assert (incident.kind, incident.about_id) == ("virus", member_user.pk)
    [line] = lines("file.stopped")
    assert (line.object_id, line.facts) == (file.pk, {"reason_code": "infected"})


@pytest.mark.parametrize(
    ("answer", "breaks_off", "left"),
    [
        (b"INSTREAM size limit exceeded. ERROR\0", False, Scan.UNREADABLE),
        (b"stream: Can't allocate memory ERROR\0", False, Scan.UNREADABLE),
        (b"stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND\0", False, Scan.UNREADABLE),
        (b"stream: Heuristics.Encrypted.PDF FOUND\0", False, Scan.UNREADABLE),
        (b"nonsense\0", False, Scan.WAITING),
        (b"", False, Scan.WAITING),
        (b"stream: OK\0", True, Scan.WAITING),
    ],
)
def test_whatever_else_the_scanner_says_opens_nothing(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner,
    answer: bytes, breaks_off: bool, left: Scan,
) -> None:  # fmt: skip
    scanner.answer, scanner.breaks_off = answer, breaks_off
    thread = sent_with(writer, member_user, team, pdf())
    [file] = files(member_user)
    scan.sweep(10)
    assert state(file) == left
    assert writer.get(link(thread, file)).status_code == 403


def test_a_real_clamd_finds_what_it_should(
    writer: Client, member_user: User, team: CareTeam, settings: Any, tmp_path: Path
) -> None:
    with scanners.real(tmp_path) as settings.CLAMD_URL:
        sent_with(writer, member_user, team, pdf("a.pdf"))
        sent_with(writer, member_user, team, pdf("b.txt", scanners.EICAR))
        sent_with(writer, member_user, team, pdf("c.txt", b"a" * 3_000_000))
        assert scan.sweep(30) == 3
    found = [state(file) for file in files(member_user)]
    assert found == [Scan.CLEAN, Scan.INFECTED, Scan.UNREADABLE]


def test_a_file_that_was_never_asked_about_stays_shut(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    thread = sent_with(writer, member_user, team, pdf())
    [file] = files(member_user)
    scan.sweep(10)
    assert writer.get(link(thread, file)).status_code == 200
    with context.system("test"):
        FileCheck.objects.filter(pk=file.pk).delete()
    page = writer.get(reverse("messaging:thread-detail", args=[thread.pk])).text
    assert "We could not check it for viruses" in page
    assert writer.get(link(thread, file)).status_code == 403


def test_a_file_that_the_scanner_chokes_on_holds_up_no_other(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    sent_with(writer, member_user, team, pdf("bad.txt", b"chokes"))
    sent_with(writer, member_user, team, pdf("good.pdf"))
    bad, good = files(member_user)
    scanner.chokes_on = b"chokes"
    assert scan.sweep(10) == 1
    assert (state(bad), state(good)) == (Scan.WAITING, Scan.CLEAN)
    for _time in range(scan.MOST_TRIES - 1):
        scan.sweep(10)
    assert state(bad) == Scan.UNREADABLE
    [line] = lines("file.stopped")
    assert (line.object_id, line.facts) == (bad.pk, {"reason_code": "unreadable"})


def test_a_scanner_that_is_away_gives_up_no_file(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    sent_with(writer, member_user, team, pdf())
    [file] = files(member_user)
    scanner.close()
    for _time in range(scan.MOST_TRIES + 1):
        assert scan.sweep(10) == 0
    assert state(file) == Scan.WAITING


def test_without_a_scanner_a_demo_says_so_and_others_take_none(
    writer: Client, member_user: User, team: CareTeam, settings: Any
) -> None:
    settings.CLAMD_URL = ""
    thread = sent_with(writer, member_user, team, pdf())
    [file] = files(member_user)
    page = reverse("messaging:thread-detail", args=[thread.pk])
    assert "Not checked for viruses: this is a demo." in writer.get(page).text
    assert writer.get(link(thread, file)).content == PDF
    settings.DEMO = False
    assert 'type="file"' not in writer.get(COMPOSE).text
    assert writer.get(link(thread, file)).status_code == 403
    writer.post(COMPOSE, note(member_user, team, upload=pdf()))
    assert len(files(member_user)) == 1


def test_it_waits_with_the_draft_and_can_be_taken_out(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    form = note(member_user, team, body="Half a")
    added = writer.post(COMPOSE, {**form, "upload": pdf("one.pdf"), "add_file": "1"}, follow=True)
    assert "The file is added" in added.text
    assert "one.pdf" in added.text
    assert "Half a" in added.text
    writer.post(COMPOSE, {**form, "upload": pdf("two.pdf"), "add_file": "1"})
    first, second = files(member_user)
    out = writer.post(COMPOSE, {**form, "take_out": str(first.pk)}, follow=True)
    assert ("one.pdf" in out.text, "two.pdf" in out.text) == (False, True)
    # Words alone don't end what holds a file.
    writer.post(COMPOSE, {**form, "subject": "", "body": "", "save_draft": "1"})
    assert "two.pdf" in writer.get(COMPOSE).text
    writer.post(COMPOSE, form)
    with acting(member_user):
        message = Message.objects.get()
    assert [(file.pk, file.about_id) for file in files(member_user)] == [(second.pk, message.pk)]
    assert "two.pdf" not in writer.get(COMPOSE).text
    assert len(lines("file.removed")) == 1


def test_a_deleted_draft_takes_its_files_along(
    writer: Client, member_user: User, team: CareTeam, files_root: Path
) -> None:
    writer.post(COMPOSE, {**note(member_user, team), "upload": pdf(), "add_file": "1"})
    draft = writer.get(COMPOSE).context["draft"]["id"]
    writer.post(reverse("messaging:draft-delete", args=[draft]))
    assert files(member_user) == []


def test_what_is_no_file_for_us_keeps_the_words(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    form = note(member_user, team, body="Kept words")
    for button in ({}, {"add_file": "1"}):
        bad = SimpleUploadedFile("a.exe", b"MZ")
        page = writer.post(COMPOSE, {**form, **button, "upload": bad})
        assert page.status_code == 422
        assert "We take PDF, JPG, PNG and text files" in page.text
        assert "Kept words" in page.text
    early = writer.post(COMPOSE, {"send_key": form["send_key"], "upload": bad, "add_file": "1"})
    assert "Write a subject" not in early.text
    none = writer.post(COMPOSE, {**form, "add_file": "1"}, follow=True)
    assert "Choose a file first" in none.text
    assert files(member_user) == []


@pytest.mark.parametrize("button", [{}, {"add_file": "1"}, {"save_draft": "1"}])
@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", b"no\0text", "This is no text file"),
        ("a.pdf", PDF + b"PK\x05\x06" + bytes(18), "holds another file"),
        ("a.png", b"\x89PNG\r\n\x1a\n", "picture is damaged"),
    ],
)
def test_by_each_button_it_is_said_what_is_wrong_with_a_file(
    writer: Client, member_user: User, team: CareTeam, button: dict[str, str], name: str,
    content: bytes, says: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real, looked = checks.check, []
    monkeypatch.setattr(checks, "check", lambda upload: looked.append(name) or real(upload))
    bad = SimpleUploadedFile(name, content)
    page = writer.post(COMPOSE, {**note(member_user, team), **button, "upload": bad})
    assert (page.status_code, says in page.text) == (422, True)
    # It may take 20 seconds.
    assert looked == [name]
    assert files(member_user) == []


def test_a_sixth_file_and_a_full_store_are_told(
    writer: Client, member_user: User, team: CareTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = note(member_user, team)
    for number in range(rules.MOST_FILES):
        writer.post(COMPOSE, {**form, "upload": pdf(f"{number}.pdf"), "add_file": "1"})
    sixth = {**form, "upload": pdf("sixth.pdf")}
    told = writer.post(COMPOSE, {**sixth, "add_file": "1"}, follow=True)
    assert "A message takes 5 files" in told.text
    refused = writer.post(COMPOSE, {**form, "upload": pdf("sixth.pdf")})
    assert (refused.status_code, "A message takes 5 files" in refused.text) == (422, True)
    with acting(member_user):
        assert Message.objects.count() == 0
    monkeypatch.setattr("messaging.attachments.QUOTA", len(PDF) * 5 + 10)
    writer.post(COMPOSE, form)
    full = writer.post(COMPOSE, note(member_user, team, upload=pdf("b.pdf")))
    assert "There is no room for more files" in full.text
    assert len(files(member_user)) == rules.MOST_FILES


def test_the_team_answers_with_a_file(
    thread: Thread, care_worker: User, member_user: User, writer: Client, client_for: Any
) -> None:
    worker = client_for(care_worker)
    page = reverse("messaging:thread-answer", args=[thread.pk])
    worker.post(page, {**words(care_worker, body="Draft"), "upload": pdf("p.pdf"), "add_file": "1"})
    shown = worker.get(reverse("messaging:team-thread", args=[thread.pk])).text
    assert "p.pdf" in shown
    # Not sent: for the member it is not there.
    own = reverse("messaging:thread-detail", args=[thread.pk])
    assert "p.pdf" not in writer.get(own).text
    [file] = files(member_user)
    assert writer.get(link(thread, file)).status_code == 404
    image = SimpleUploadedFile("x.png", picture("PNG"))
    worker.post(page, {**words(care_worker, body="See this."), "upload": image})
    seen = writer.get(own).text
    assert ("p.pdf" in seen, "x.png" in seen) == (True, True)


def test_it_is_nobody_elses(
    writer: Client, member_user: User, stranger: User, off_team_worker: User, team: CareTeam,
    privacy_officer: User, other_plan_member: User, client_for: Any,
) -> None:  # fmt: skip
    thread = sent_with(writer, member_user, team, pdf())
    [file] = files(member_user)
    gone = link(thread, SealedFile(pk=UUID(int=file.pk.int ^ 1)))
    for who in (stranger, off_team_worker, privacy_officer, other_plan_member):
        answers = [client_for(who).get(page) for page in (link(thread, file), gone)]
        # Staff of another team may say why they need it; the officer's role has no messages.
        refused = 403 if who in {off_team_worker, privacy_officer} else 404
        assert [answer.status_code for answer in answers] == [refused, refused]
    assert writer.get(gone).status_code == 404
    # A file of a record is none of a message.
    assert len(lines("file.opened")) == 0


def test_name_and_bytes_are_on_no_disk_in_the_clear(
    writer: Client, member_user: User, team: CareTeam, files_root: Path, tmp_path: Path
) -> None:
    sent_with(writer, member_user, team, pdf("canary-name.pdf", PDF + b"%canary-bytes\n%%EOF\n"))
    stored = [path for path in files_root.rglob("*") if path.is_file()]
    assert len(stored) == 1
    assert b"canary" not in stored[0].read_bytes()
    assert "canary" not in stored[0].name


def test_the_same_form_again_keeps_one_file(
    writer: Client, member_user: User, team: CareTeam
) -> None:
    form = note(member_user, team)
    for _time in range(3):
        writer.post(COMPOSE, {**form, "upload": pdf()})
    assert len(files(member_user)) == 1


def test_the_whole_record_holds_it_unless_nobody_may_open_it(
    writer: Client, member_user: User, team: CareTeam, scanner: scanners.OddScanner
) -> None:
    sent_with(writer, member_user, team, pdf("one.pdf"))
    part = registry.record_parts["messaging.conversations"]
    assert member_user.member

    def given() -> Any:
        with acting(member_user):
            [message] = part.items(member_user, member_user.member.pk)
        return message["files"]

    assert given() == [{"name": "one.pdf", "type": "application/pdf"}]
    scan.sweep(10)
    assert [base64.b64decode(file["data"]) for file in given()] == [PDF]
