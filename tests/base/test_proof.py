"""An outsider with the export, the file of roots and the public key proves it all alone."""

import json
import shutil
import subprocess
import sys
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from portal.base.audit import anchor, keys
from tests.base.trails import as_owner, seal, write_events

pytestmark = pytest.mark.promise("AM19")
SCRIPT = settings.BASE_DIR / "docs" / "proof" / "verify_trail.py"


def outsider(export, roots, key=None):
    """The script alone, in a folder without the portal and with nothing of its environment."""
    place = export.parent / "outside"
    place.mkdir(exist_ok=True)
    shutil.copy(SCRIPT, place)
    done = subprocess.run(
        [
            sys.executable, place / "verify_trail.py", "--roots", roots,
            "--key", key or anchor.key_path(), export,
        ],
        cwd=place, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr, done.returncode


@pytest.fixture
def trail(commits, tmp_path):
    """Two seals of seven and of five rows; the file of the whole trail."""
    rows = write_events(7)
    seal()
    rows += write_events(5)
    seal()
    call_command("export_log", tmp_path / "trail.ndjson", stdout=StringIO())
    return rows


def test_the_whole_trail_is_proven_outside(trail, tmp_path, second_place):
    assert outsider(tmp_path / "trail.ndjson", second_place) == (
        "Proven: 12 rows under 2 seals, none missing.\n",
        0,
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda lines: [line.replace("visits", "claims") for line in lines], "altered"),
        (lambda lines: lines[:3] + lines[4:], "rows are missing"),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], "moved"),
        (lambda lines: lines[:-1], "ends too early"),
        (lambda lines: [*lines[:9], lines[-1]], "does not end where"),
        (lambda lines: [lines[0], *lines[9:]], "Seal 1 is missing"),
        (lambda lines: [*lines[:9], '{"end":true,"seals":1,"rows":7}'], "knows seals up to 2"),
        (lambda lines: ["{}"], "not an export"),
        (lambda lines: ["nonsense"], "can't be read"),
    ],
)  # fmt: skip
def test_what_was_done_to_the_export_is_told(trail, tmp_path, second_place, change, sentence):
    file = tmp_path / "trail.ndjson"
    file.write_text("\n".join(change(file.read_text().splitlines())) + "\n")
    said, code = outsider(file, second_place)
    assert sentence in said
    assert code == (2 if "read" in sentence else 1)


def test_other_roots_or_another_key_prove_nothing(trail, tmp_path, second_place):
    other = tmp_path / "other"
    other.write_text(second_place.read_text().replace('"chain": "', '"chain": "0'))
    assert "not the one in the file of roots" in outsider(tmp_path / "trail.ndjson", other)[0]
    key = tmp_path / "key.pem"
    stranger = keys._public("1VpqY8VvbkGAkQj1g8Wq0CqYwvCkHqWq0n0m3yJmR0c=")
    key.write_text(keys.pem(stranger))
    assert "false signature" in outsider(tmp_path / "trail.ndjson", second_place, key)[0]


def test_seals_newer_than_the_copy_of_the_roots_are_told(trail, tmp_path, second_place):
    older = tmp_path / "older"
    older.write_text(second_place.read_text().splitlines()[0] + "\n")
    said, code = outsider(tmp_path / "trail.ndjson", older)
    assert code == 0
    assert "1 seals are newer than the file of roots" in said


def test_one_line_is_proven_alone(trail, tmp_path, second_place):
    file = tmp_path / "one.ndjson"
    ids = [str(trail[0].pk), str(trail[11].pk)]
    call_command("export_log", file, event=ids, stdout=StringIO())
    assert outsider(file, second_place) == ("Proven: 2 rows stand in the trail unaltered.\n", 0)
    proofs = [json.loads(line) for line in file.read_text().splitlines()[1:]]
    assert [len(proof["path"]) for proof in proofs] == [3, 1]
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("part", ["line", "index", "path", "signature"])
def test_a_changed_proof_proves_nothing(trail, tmp_path, second_place, part):
    file = tmp_path / "one.ndjson"
    call_command("export_log", file, event=[str(trail[4].pk)], stdout=StringIO())
    head, text = file.read_text().splitlines()
    proof = json.loads(text)
    if part == "line":
        proof["line"] = proof["line"].replace("permitted", "refused")
    elif part == "index":
        proof["index"] = 5
    elif part == "path":
        proof["path"] = [*proof["path"], "00" * 32]
    else:
        proof["seal"]["signature"] = "00" * 64
    file.write_text(f"{head}\n{json.dumps(proof)}\n")
    said, code = outsider(file, second_place)
    assert code == 1
    assert said.startswith("NOT proven.")


def test_every_place_in_a_batch_can_be_proven(trail, tmp_path, second_place):
    file = tmp_path / "all.ndjson"
    call_command("export_log", file, event=[str(row.pk) for row in trail], stdout=StringIO())
    assert outsider(file, second_place)[0].startswith("Proven: 12 rows")


def test_a_row_that_no_seal_holds_has_no_proof(trail, tmp_path):
    row = write_events(1)[0]
    with pytest.raises(CommandError, match="not sealed yet"):
        call_command("export_log", tmp_path / "new", event=[str(row.pk)])
    assert not (tmp_path / "new").exists()


def test_no_file_is_written_over(trail, tmp_path):
    with pytest.raises(CommandError, match="exists"):
        call_command("export_log", tmp_path / "trail.ndjson")


def test_the_public_key_is_printed_once_and_lies_beside_the_roots(trail, settings):
    settings.LOG_PUBLIC_KEYS = [keys.encoded(keys.public_keys()[0])]
    said = StringIO()
    call_command("log_public_key", stdout=said)
    assert anchor.key_path().read_text() in said.getvalue()
    assert said.getvalue().count("LOG_PUBLIC_KEY=") == 1


def test_an_altered_row_does_not_pass_in_an_export(trail, commits, tmp_path, second_place):
    row, file, one = trail[2].pk, tmp_path / "new", tmp_path / "one"
    as_owner(commits, "UPDATE base_event SET basis = 'x' WHERE id = %s", [row])
    with pytest.raises(CommandError, match=rf"The trail is NOT whole\. .*{row}"):
        call_command("export_log", file, stdout=StringIO())
    # What is there is written all the same, for who looks into it.
    assert "A row under seal 1 was altered" in outsider(file, second_place)[0]
    with pytest.raises(CommandError, match=f"Altered since they were sealed: {row}"):
        call_command("export_log", one, event=[str(row)], stdout=StringIO())
    assert not one.exists()
