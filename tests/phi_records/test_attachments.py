"""What came inside a record can be taken, whole, by whom it is about."""

from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import Member, Plan, User
from phi_records import access, attachments
from phi_records.models import RecordItem
from portal.base import context
from portal.base.audit.models import Event
from portal.base.files import blobs, sealed
from portal.base.files.models import SealedFile
from tests.phi_records.bundles import bundle, document, load_for, patient

ClientFor = Callable[[User], Client]
LARGE = bytes(range(256)) * 100
SMALL = b"Canary: a short note.\n"


def stored(member: Member) -> tuple[RecordItem, list[SealedFile]]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        item = RecordItem.objects.get(resource_type="DocumentReference")
        files = list(SealedFile.objects.filter(removed_at=None))
        assert item.content
    return item, files


def whole(member: Member) -> dict[str, Any]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        return access.resource_of(RecordItem.objects.get(resource_type="DocumentReference"))


def path_to(item: RecordItem, number: int = 1) -> str:
    return reverse("records:file", args=[item.pk, number])


@pytest.mark.parametrize(("raw", "files"), [(LARGE, 1), (SMALL, 0)], ids=["large", "small"])
def test_a_resource_comes_back_exactly(
    member: Member, tmp_path: Path, raw: bytes, files: int
) -> None:
    given = document("d1", raw, "application/pdf")
    load_for(member, tmp_path, given)
    item, kept = stored(member)
    assert len(kept) == files
    assert (len(item.content) < attachments.CUT_FROM) is True
    assert whole(member) == given


def test_what_is_not_exact_base64_stays_in_the_row(member: Member, tmp_path: Path) -> None:
    given = document("d1", LARGE)
    data = b64encode(LARGE).decode()
    given["content"][0]["attachment"]["data"] = f"{data[:76]}\n{data[76:]}"
    load_for(member, tmp_path, given)
    assert stored(member)[1] == []
    assert whole(member) == given


@pytest.mark.parametrize("raw", [LARGE, SMALL], ids=["large", "small"])
def test_a_member_takes_the_file(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path, raw: bytes
) -> None:
    load_for(member, tmp_path, document("d1", raw, "application/pdf"))
    item, _files = stored(member)
    client = client_for(member_user)
    page = client.get(reverse("records:detail", args=[item.pk])).text
    assert path_to(item) in page
    assert "Canary note" in page
    answer = client.get(path_to(item))
    assert answer.content == raw
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="record-2024-05-06-1.pdf"'
    )
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    with context.system("test", member.plan_id):
        line = Event.objects.get(action="record.file_taken")
    assert (line.actor_id, line.member_id, line.object_id) == (member_user.pk, member.pk, item.pk)


def test_what_a_browser_could_run_is_served_as_bytes(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path
) -> None:
    load_for(member, tmp_path, document("d1", b"<script>1</script>", "text/html"))
    answer = client_for(member_user).get(path_to(stored(member)[0]))
    assert answer.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("written", "sent"),
    [("charset=ISO-8859-1", "iso8859-1"), ("charset=rot13", "utf-8"), ("", "utf-8")],
)
def test_a_text_is_sent_in_the_letters_it_was_written_in(
    client_for: ClientFor,
    member_user: User,
    member: Member,
    tmp_path: Path,
    written: str,
    sent: str,
) -> None:
    load_for(member, tmp_path, document("d1", b"Se\xf1al", f"text/plain; {written}"))
    answer = client_for(member_user).get(path_to(stored(member)[0]))
    assert answer.content == b"Se\xf1al"
    assert answer.headers["Content-Type"] == f"text/plain; charset={sent}"


def test_nobody_else_and_no_other_number(
    client_for: ClientFor, member_user: User, stranger: User, member: Member, tmp_path: Path
) -> None:
    load_for(member, tmp_path, document("d1", LARGE))
    item, _files = stored(member)
    assert client_for(stranger).get(path_to(item)).status_code == 404
    assert client_for(member_user).get(path_to(item, 2)).status_code == 404
    with context.system("test", member.plan_id):
        assert not Event.objects.filter(action="record.file_taken").exists()


@pytest.mark.parametrize("lost", [False, True])
def test_a_damaged_file_is_never_delivered_in_part(
    client_for: ClientFor, member_user: User, member: Member, tmp_path: Path, lost: bool
) -> None:
    load_for(member, tmp_path, document("d1", LARGE * 10, "application/pdf"))
    item, files = stored(member)
    path = blobs.path_of(files[0].stored_as)
    path.write_bytes(path.read_bytes()[: 1 + blobs.CHUNK + blobs.TAG])
    if lost:
        path.unlink()
    client = client_for(member_user)
    client.raise_request_exception = False
    answer = client.get(path_to(item))
    assert answer.status_code == 500
    assert LARGE not in answer.content
    # Nobody is told to try again what will never work.
    assert "This is damaged, so nobody can open it." in answer.text
    assert "Try again in a few minutes" not in answer.text


def test_a_changed_record_leaves_no_earlier_file(
    member: Member, tmp_path: Path, django_capture_on_commit_callbacks: Any, files_root: Path
) -> None:
    load_for(member, tmp_path, document("d1", LARGE))
    with django_capture_on_commit_callbacks(execute=True):
        load_for(member, tmp_path, document("d1", LARGE + b"more"))
    item, files = stored(member)
    assert [file.about_id for file in files] == [item.pk]
    with context.system("test", member.plan_id), context.about_member(member.pk):
        assert sealed.read(files[0]) == LARGE + b"more"
    assert len([path for path in files_root.rglob("*") if path.is_file()]) == 1


def test_the_same_again_writes_no_file(member: Member, tmp_path: Path) -> None:
    load_for(member, tmp_path, document("d1", LARGE))
    before = stored(member)[1]
    load_for(member, tmp_path, document("d1", LARGE), document("d2", SMALL))
    with context.system("test", member.plan_id), context.about_member(member.pk):
        assert list(SealedFile.objects.all()) == before


def test_a_full_disk_is_not_taken_for_a_fault_of_the_input(
    plan: Plan, tmp_path: Path, files_root: Path
) -> None:
    files_root.write_text("in place of the folder")
    path = tmp_path / "a.json"
    path.write_text(bundle(patient("M1"), document("d1", LARGE)))
    with pytest.raises(CommandError, match="FILES_ROOT"):
        call_command("import_fhir", str(path), plan="cedar", errors=str(tmp_path / "errors"))
    with context.system("test", plan.pk):
        assert not Member.objects.exists()
