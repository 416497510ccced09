"""Reading FHIR files, good and bad."""

import gzip
import io
import json
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from phi_records.fhir import exact, sources
from phi_records.fhir.reader import Entry, Problem, files, read
from phi_records.fhir.reader import lines as reader_lines
from phi_records.fhir.reader.seen import SeenOnDisk
from phi_records.fhir.references import index_of, names_a_patient, subject_of
from portal.base.files.blobs import CannotStore

REAL_DATA = Path(
    os.environ.get("PORTAL_REAL_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
)
needs_real_data = pytest.mark.skipif(
    not (REAL_DATA / "fhir").is_dir(),
    reason=f"no records made by others in {REAL_DATA} (set PORTAL_REAL_DATA)",
)


def patient(id: str = "p1", **more: Any) -> dict[str, Any]:
    return {"resourceType": "Patient", "id": id, **more}


def bundle(*resources: object, type: str = "collection") -> dict[str, Any]:
    entries = [{"resource": one} for one in resources]
    return {"resourceType": "Bundle", "type": type, "entry": entries}


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    path.write_bytes(data)
    return path


def results(*paths: Path) -> tuple[list[Entry], list[Problem]]:
    items = [item for unit in read(paths) for item in unit]
    entries = [item for item in items if isinstance(item, Entry)]
    return entries, [item for item in items if isinstance(item, Problem)]


def zipped(folder: Path, name: str, members: dict[str, bytes], **how: Any) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return path


@needs_real_data
def test_all_records_made_by_others_are_read_and_belong_to_someone() -> None:
    entries, unnamed = 0, 0
    for unit in read([REAL_DATA / "fhir"]):
        index = index_of(unit)
        for item in unit:
            if isinstance(item, Problem):
                assert item.file == "fhir/MANIFEST.json"
                continue
            entries += 1
            subject = subject_of(item.resource, index)
            unnamed += names_a_patient(item.resource) and subject is None
    assert entries == 17_326
    assert unnamed == 0


@needs_real_data
def test_a_medicare_claim_is_read_alone() -> None:
    entries, problems = results(REAL_DATA / "bluebutton" / "coverageRead.json")
    assert [entry.type for entry in entries] == ["Coverage"]
    assert problems == []


@pytest.mark.parametrize("type", ["transaction", "collection", "searchset", "batch"])
def test_bundles_of_each_type_are_read(tmp_path: Path, type: str) -> None:
    entries, problems = results(write(tmp_path, "a.json", bundle(patient(), type=type)))
    assert (len(entries), problems) == (1, [])


def test_numbers_keep_their_last_digit(tmp_path: Path) -> None:
    text = b'{"resourceType":"Observation","id":"o","valueQuantity":{"value":6.40}}'
    entries, _ = results(write(tmp_path, "a.json", text))
    assert entries[0].resource["valueQuantity"]["value"] == Decimal("6.40")
    assert exact.dumps(entries[0].resource).encode() == text


def test_folders_are_read_in_order_and_hidden_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    write(tmp_path / "b", "x.json", patient("third"))
    write(tmp_path, "a.json", patient("first"))
    write(tmp_path, "a.ndjson", patient("second"))
    write(tmp_path, ".hidden.json", b"{")
    assert [entry.id for entry in results(tmp_path)[0]] == ["first", "second", "third"]


def test_patients_are_read_before_the_records_that_wait_for_them(tmp_path: Path) -> None:
    for name in ("Encounter.ndjson", "Patient.000.ndjson"):
        write(tmp_path, name, patient(name[:3]))
    names = ("Claim", "Patient")
    zipped(tmp_path, "z.zip", {f"x/{one}.json": json.dumps(patient(one)).encode() for one in names})
    assert [entry.id for entry in results(tmp_path)[0]] == ["Pat", "Enc", "Patient", "Claim"]


def test_gzip_and_zip_are_opened(tmp_path: Path) -> None:
    one = write(tmp_path, "a.json.gz", gzip.compress(json.dumps(patient("a")).encode()))
    two = zipped(tmp_path, "b.zip", {"in/b.json": json.dumps(patient("b")).encode()})
    entries, problems = results(one, two)
    assert ([entry.id for entry in entries], problems) == (["a", "b"], [])
    assert [unit.source for unit in read([two])] == ["b.zip/in/b.json"]


def test_bulk_lines_are_grouped_and_a_bad_line_is_set_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_lines, "LINES_IN_UNIT", 500)
    lines = [json.dumps(patient(f"p{n}")) for n in range(1200)]
    lines[700] = '{"resourceType": "Pati'
    path = write(tmp_path, "a.ndjson", "\n".join(lines).encode())
    assert [len(list(unit)) for unit in read([path])] == [500, 500, 200]
    entries, problems = results(path)
    assert len(entries) == 1199
    assert [(one.position, one.reason) for one in problems] == [
        (701, "It is cut off before its end, so nothing of it was taken.")
    ]


def test_an_id_that_comes_again_far_below_is_set_aside_as_within_one_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_lines, "LINES_IN_UNIT", 500)
    lines = [json.dumps(patient(f"p{n}")) for n in range(1200)]
    lines[100] = lines[1100] = json.dumps(patient("p0", gender="other"))
    path = write(tmp_path, "a.ndjson", "\n".join(lines).encode())
    for _time in range(2):
        told = [(one.position, one.reason) for one in results(path)[1]]
        twice = "Another resource in this file has the same id. The first one was taken."
        assert told == [(101, twice), (1101, twice)]
    # Another file may bring its newer word.
    assert results(write(tmp_path, "b.ndjson", patient("p0")))[1] == []


def test_a_full_disk_stops_the_run_and_blames_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = SeenOnDisk()
    seen.close()
    monkeypatch.setattr(reader_lines, "SeenOnDisk", lambda: seen)
    with pytest.raises(CannotStore, match="The disk for temporary files"):
        results(write(tmp_path, "a.ndjson", patient()))


def test_names_seen_before_take_little_memory() -> None:
    tracemalloc.start()
    with closing(SeenOnDisk()) as seen:
        for number in range(50_000):
            seen.update({f"Observation/{number}"})
        assert not seen.isdisjoint({"Observation/7"})
        assert seen.isdisjoint({"Observation/x"})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", b"\xef\xbb\xbf" + json.dumps(patient()).encode())
    assert len(results(path)[0]) == 1


WHOLE_FILE = {
    "cut off": (json.dumps(bundle(patient())).encode()[:-3], "cut off"),
    "empty": (b"  ", "empty"),
    "not JSON": (b"<Bundle/>", "not JSON"),
    "not FHIR": (b'{"hello": 1}', "not FHIR"),
    "a list": (b"[1, 2]", "not FHIR"),
    "UTF-16": ("{}".encode("utf-16"), "UTF-16"),
    "Latin-1": (b'{"resourceType": "Patient", "id": "\xe9"}', "not UTF-8"),
    "not a number": (b'{"resourceType": "Patient", "id": "a", "x": NaN}', "number"),
    "wrong bundle": (json.dumps(bundle(type="history")).encode(), "history"),
    "twice at the top": (b'{"resourceType":"Bundle","type":"batch","type":"batch"}', "twice"),
    "endless nesting": (b"[" * 200_000, "nested"),
}


@pytest.mark.parametrize("case", WHOLE_FILE)
def test_a_bad_file_gives_one_sentence(tmp_path: Path, case: str) -> None:
    content, expected = WHOLE_FILE[case]
    good = write(tmp_path, "z.json", patient())
    entries, problems = results(write(tmp_path, "a.json", content), good)
    assert len(entries) == 1
    assert len(problems) == 1
    assert (problems[0].file, problems[0].position) == ("a.json", 0)
    assert expected in problems[0].reason


ONE_ENTRY = {
    "wrong resourceType": ({"resourceType": "Patiemt", "id": "a"}, "Patiemt"),
    "no resourceType": ({"id": "a"}, "not FHIR"),
    "bad id": (patient("a b"), "id"),
    "no id": ({"resourceType": "Patient"}, "no id"),
    "impossible date": (patient("a", birthDate="2023-02-29"), "birthDate"),
    "bad reference": (patient("a", link=[{"other": {"reference": "Patient/ x"}}]), "reference"),
    "NUL": (patient("a", name=[{"family": "a\x00b"}]), "family"),
    "lone surrogate": (patient("a", name=[{"family": "\ud800"}]), "family"),
    "too large": (patient("a", name=[{"family": "x" * 6_000_000}]), "larger than 5 MB"),
    "same id": (patient("good"), "same id"),
    "bundle": (bundle(), "inside a bundle"),
    "null": (None, "not a FHIR"),
}


@pytest.mark.parametrize("case", ONE_ENTRY)
def test_a_bad_entry_is_set_aside_and_the_rest_goes_in(tmp_path: Path, case: str) -> None:
    resource, expected = ONE_ENTRY[case]
    path = write(tmp_path, "a.json", bundle(patient("good"), resource, patient("last")))
    entries, problems = results(path)
    assert [entry.id for entry in entries] == ["good", "last"]
    assert [one.position for one in problems] == [2]
    assert expected in problems[0].reason


def test_a_key_given_twice_is_set_aside(tmp_path: Path) -> None:
    text = b'{"resourceType":"Patient","id":"a","gender":"male","gender":"female"}'
    assert "twice" in results(write(tmp_path, "a.json", text))[1][0].reason


def test_entries_that_delete_are_refused(tmp_path: Path) -> None:
    one = bundle(patient(), type="transaction")
    one["entry"][0]["request"] = {"method": "DELETE", "url": "Patient/p1"}
    assert results(write(tmp_path, "a.json", one))[0] == []


def test_a_gzip_bomb_is_stopped(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json.gz", gzip.compress(b" " * 60_000_000))
    assert "bomb" in results(path)[1][0].reason


@pytest.mark.parametrize("good", [0, 9_000])
def test_lines_without_one_resource_are_left(tmp_path: Path, good: int) -> None:
    """A bomb of short lines would else make an errors file of its unpacked size."""
    lines = [b"{}"] * 30_000
    if good:
        lines[good] = json.dumps(patient()).encode()
    path = write(tmp_path, "a.ndjson.gz", gzip.compress(b"\n".join(lines)))
    entries, problems = results(path)
    assert len(entries) == (1 if good else 0)
    if good:
        assert len(problems) == 29_999
    else:
        assert "None of its first" in problems[-1].reason
        assert 10_000 < len(problems) < 15_000


def test_lines_that_are_all_empty_are_left(tmp_path: Path) -> None:
    whole = json.dumps(patient()).encode()
    packed = gzip.compress(whole + b"\n" * 60_000 + whole)
    entries, problems = results(write(tmp_path, "a.ndjson.gz", packed))
    assert len(entries) == 1
    assert "10000 empty lines in a row" in problems[-1].reason
    few = write(tmp_path, "b.ndjson", whole + b"\n" * 9_000 + whole)
    assert (len(results(few)[0]), len(results(few)[1])) == (1, 1)


def test_a_zip_bomb_is_stopped(tmp_path: Path) -> None:
    path = zipped(tmp_path, "a.zip", {"a.json": b" " * 60_000_000})
    assert "bomb" in results(path)[1][0].reason


@pytest.mark.parametrize("name", ["../a.json", "/a.json", "x/../../a.json", "C:/a.json"])
def test_paths_that_lead_out_of_an_archive_are_refused(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path, "a.zip", {name: json.dumps(patient()).encode()})
    entries, problems = results(path)
    assert entries == []
    assert "leads out" in problems[0].reason


def _linked(archive: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("a.json")
    info.external_attr = 0o120777 << 16
    archive.writestr(info, "/etc/passwd")


def _nested(archive: zipfile.ZipFile) -> None:
    archive.writestr("a.json", gzip.compress(b"{}"))


def _nested_by_name(archive: zipfile.ZipFile) -> None:
    archive.writestr("a.zip", b"PK")


def _packed_otherwise(archive: zipfile.ZipFile) -> None:
    archive.writestr("a.json", json.dumps(patient()), zipfile.ZIP_BZIP2)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (_linked, "link"),
        (_nested, "inside an archive"),
        (_nested_by_name, "inside an archive"),
        (_packed_otherwise, "packed in a way"),
    ],
)
def test_tricks_in_zip_files_are_refused(
    tmp_path: Path, make: Callable[[zipfile.ZipFile], None], expected: str
) -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        make(archive)
    entries, problems = results(write(tmp_path, "a.zip", held.getvalue()))
    assert entries == []
    assert expected in problems[0].reason


def test_a_locked_zip_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, "a.zip", {"a.json": b"{}"})
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(bytes(data))
    assert "password" in results(path)[1][0].reason


@pytest.mark.parametrize("name", ["a.json.gz", "a.zip"])
def test_a_cut_off_archive_gives_one_sentence(tmp_path: Path, name: str) -> None:
    content = json.dumps(bundle(*[patient(f"p{n}") for n in range(500)])).encode()
    if name.endswith("gz"):
        whole = gzip.compress(content)
    else:
        whole = zipped(tmp_path, "whole.zip", {"a.json": content}).read_bytes()
    entries, problems = results(write(tmp_path, name, whole[: len(whole) // 2]))
    assert entries == []
    assert "damaged" in problems[0].reason


def test_links_in_folders_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.json").symlink_to(write(tmp_path, "out.json", patient()))
    entries, problems = results(folder)
    assert entries == []
    assert "link" in problems[0].reason


def large(count: int = 12_000) -> bytes:
    note = "Words about a visit. " * 40
    notes = [{"resourceType": "Basic", "id": f"b{n}", "text": {"div": note}} for n in range(count)]
    return json.dumps(bundle(*notes)).encode()


def test_a_large_bundle_is_streamed_in_flat_memory(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", large())
    tracemalloc.start()
    (unit,) = read([path])
    assert sum(isinstance(item, Entry) for item in unit) == 12_000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40_000_000


def test_nothing_of_a_cut_off_large_bundle_is_taken(tmp_path: Path) -> None:
    entries, problems = results(write(tmp_path, "a.json", large()[:-50]))
    assert entries == []
    assert "cut off" in problems[0].reason


def test_large_and_small_bundles_are_judged_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = '{"resource":{"resourceType":"Patient","id":"t","gender":"a","gender":"b"}}'
    good = json.dumps({"resource": patient("good", multipleBirthInteger=2)})
    bad = json.dumps({"resource": patient("bad", birthDate="2023-02-29")})
    entries = ",".join([good, twice, bad, good])
    text = f'{{"entry":[{entries}],"type":"batch","resourceType":"Bundle"}}'
    path = write(tmp_path, "a.json", text.encode())
    small = [list(unit) for unit in read([path])]
    monkeypatch.setattr(files, "WHOLE_UP_TO", 10)
    assert [list(unit) for unit in read([path])] == small


def test_a_file_larger_than_the_limit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "WHOLE_UP_TO", 10)
    monkeypatch.setattr(sources.Source.open, "__defaults__", (1_000_000,))
    entries, problems = results(write(tmp_path, "a.json", large(2_000)))
    assert entries == []
    assert "larger than" in problems[0].reason


@pytest.mark.parametrize("case", [name for name in WHOLE_FILE if name not in ("empty", "UTF-16")])
def test_bad_files_are_refused_as_a_stream_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.setattr(files, "WHOLE_UP_TO", 1)
    entries, problems = results(write(tmp_path, "a.json", WHOLE_FILE[case][0]))
    assert (entries, len(problems)) == ([], 1)


def test_a_number_of_5000_digits_costs_its_resource_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.dumps(bundle(patient("a", multipleBirthInteger=7), patient("b")))
    path = write(tmp_path, "a.json", content.replace(" 7", " 1" + "0" * 5000).encode())
    for most in (files.WHOLE_UP_TO, 10):
        monkeypatch.setattr(files, "WHOLE_UP_TO", most)
        entries, problems = results(path)
        assert [one.id for one in entries] == ["b"]
        assert (problems[0].position, "number" in problems[0].reason) == (1, True)


def test_a_bundle_as_a_line_is_told_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(f'{json.dumps(bundle())}\n{{"resourceType": "Patient", "id": "p"}}\n')
    [problem, entry] = [item for unit in read([path]) for item in unit]
    assert isinstance(problem, Problem)
    assert problem.position == 1
    assert problem.reason.startswith("This line is a whole bundle.")
    assert isinstance(entry, Entry)
