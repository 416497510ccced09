"""Flaws seen in the package that our fields are built on; each is a hard error here.

Others of them are tested where they belong: tampered and plain values, moved ciphertexts, lookups
and typed text in test_fields, the ring that is read at use in test_keyring.
"""

import datetime

import pytest
from django.db.models import F, Value

from portal.base.crypto.fields import SealedMixin
from tests.crypto.rows import SealedRow
from tests.crypto.test_fields import again, raw, refused

ROUND_SAVE = {
    "update with a value": lambda rows, row: rows.update(name="Bo"),
    "update with F": lambda rows, row: rows.update(name=F("note")),
    "update with Value": lambda rows, row: rows.update(name=Value("Bo")),
    "update with None": lambda rows, row: rows.update(nickname=None),
    "update of a date": lambda rows, row: rows.update(born=datetime.date(2000, 1, 1)),
    "update of JSON": lambda rows, row: rows.update(content={"a": 1}),
    "update of bytes": lambda rows, row: rows.update(scan=b"x"),
    "bulk_update": lambda rows, row: rows.bulk_update([row], ["name"]),
    "bulk_create with update_conflicts": lambda rows, row: rows.bulk_create(
        [SealedRow(holder_id=row.holder_id, plan_id=row.plan_id, name="x")],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["name"],
    ),
}


@pytest.mark.parametrize("way", ROUND_SAVE)
def test_writes_that_go_round_save_are_refused(row, way):
    before = raw(row)
    with refused(TypeError):
        ROUND_SAVE[way](SealedRow.objects.all(), row)
    assert raw(row) == before


def test_an_expression_on_the_instance_is_refused(row):
    row.name = F("note")
    with refused(TypeError):
        row.save()


def test_a_value_is_cleared_by_save(row):
    found = again(row)
    found.nickname = "Ani"
    found.save()
    found.nickname = None
    found.save(update_fields=["nickname"])
    assert raw(row, "nickname") is None


def test_there_is_no_integer_kind_that_would_crash(row):
    """The package's integer fields fail on psycopg 3: a number is sealed in JSON or as text."""
    kinds = {
        one.__name__ for one in SealedMixin.__subclasses__() if "crypto.fields" in one.__module__
    }
    assert kinds == {"SealedTextField", "SealedDateField", "SealedJSONField", "SealedBinaryField"}
    row.content = {"n": 2**53 + 1}
    row.save()
    assert again(row).content == {"n": 2**53 + 1}


def test_the_packages_own_key_is_never_used(row, monkeypatch, settings):
    def used(*args):
        pytest.fail("The package's own cipher was used.")

    settings.FIELD_ENCRYPTION_KEY = "no key at all"
    monkeypatch.setattr("encrypted_model_fields.fields.encrypt_str", used)
    monkeypatch.setattr("encrypted_model_fields.fields.decrypt_str", used)
    row.name = "Bo"
    row.save()
    assert again(row).name == "Bo"
