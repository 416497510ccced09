import copy
import datetime
import pickle
from contextlib import contextmanager

import pytest
from django.apps import apps
from django.core.exceptions import FieldError
from django.db import connection, models, transaction
from django.test.utils import isolate_apps
from hypothesis import HealthCheck, given, strategies
from hypothesis import settings as hypothesis_settings

from portal.base.crypto import keyring
from portal.base.crypto.blind import blind_index
from portal.base.crypto.errors import KeyDestroyed, SealBroken
from portal.base.crypto.fields import Sealed, SealedTextField, check_labels, reseal
from portal.base.ids import uuid7
from tests.crypto.rows import SealedRow
from tests.factories import destroy_key


def raw(row, column="name"):
    with connection.cursor() as cursor:
        key = SealedRow._meta.pk.get_db_prep_value(row.pk, connection)
        cursor.execute(f"SELECT {column} FROM tests_sealed_row WHERE id = %s", [key])  # noqa: S608
        return cursor.fetchone()[0]


def store(row, value, column="name"):
    with connection.cursor() as cursor:
        key = SealedRow._meta.pk.get_db_prep_value(row.pk, connection)
        cursor.execute(f"UPDATE tests_sealed_row SET {column} = %s WHERE id = %s", [value, key])  # noqa: S608


def again(row):
    return SealedRow.objects.get(pk=row.pk)


@contextmanager
def refused(error):
    with pytest.raises(error), transaction.atomic():
        yield


def through_pickle(row):
    return pickle.loads(pickle.dumps(row))  # noqa: S301


def test_every_kind_comes_back_as_it_went_in(row):
    values = {
        "name": "Zoë 'quote' 🙂",
        "nickname": "",
        "born": datetime.date(1961, 2, 3),
        "content": {"codes": ["E11.9", None, 1.5], "ñ": True},
        "scan": bytes(range(256)),
    }
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    found = again(row)
    assert {name: getattr(found, name) for name in values} == values


def test_none_stays_null(row):
    assert raw(row, "nickname") is None
    assert again(row).nickname is None
    assert list(SealedRow.objects.filter(nickname__isnull=True)) == [row]


def test_the_database_holds_no_clear_text(row):
    row.scan = b"clear bytes"
    row.save()
    assert raw(row).startswith("s1:")
    assert "Ana" not in raw(row)
    assert b"clear" not in bytes(raw(row, "scan"))


def test_bulk_create_seals(table, holder_id, plan_id):
    rows = [SealedRow(holder_id=holder_id, plan_id=plan_id, name=f"P{n}") for n in range(3)]
    SealedRow.objects.bulk_create(rows)
    assert sorted(found.name for found in SealedRow.objects.all()) == ["P0", "P1", "P2"]


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=strategies.data())
def test_any_flipped_bit_of_text_raises(row, data):
    stored = bytearray(raw(row).encode())
    at = data.draw(strategies.integers(0, len(stored) - 1))
    stored[at] ^= 1 << data.draw(strategies.integers(0, 7))
    with pytest.raises(SealBroken):
        SealedRow.name.field.open(row, Sealed(stored.decode("latin-1")))


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=strategies.data())
def test_any_flipped_bit_of_bytes_raises(row, data):
    stored = bytearray(SealedRow.scan.field.seal(row, b"scan"))
    at = data.draw(strategies.integers(0, len(stored) - 1))
    stored[at] ^= 1 << data.draw(strategies.integers(0, 7))
    with pytest.raises(SealBroken):
        SealedRow.scan.field.open(row, Sealed(bytes(stored)))


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=strategies.text())
def test_text_that_was_never_sealed_raises(row, text):
    with pytest.raises(SealBroken):
        SealedRow.name.field.open(row, Sealed(text))


def test_a_tampered_row_raises_when_read_and_is_not_sealed_again(row):
    store(row, "Mallory")
    found = again(row)
    with pytest.raises(SealBroken) as caught:
        _ = found.name
    assert "Mallory" not in str(caught.value)


def test_a_value_moved_to_another_row_does_not_open(row, holder_id, plan_id):
    other = SealedRow.objects.create(holder_id=holder_id, plan_id=plan_id, name="Bo")
    store(other, raw(row))
    with pytest.raises(SealBroken):
        _ = again(other).name


def test_a_value_moved_to_another_column_does_not_open(row):
    store(row, raw(row), "nickname")
    with pytest.raises(SealBroken):
        _ = again(row).nickname


def test_a_value_moved_to_another_holder_does_not_open(row, plan_id):
    found = again(row)
    found.holder_id = keyring.create_holder("person", plan_id)
    with pytest.raises(SealBroken):
        _ = found.name


@pytest.mark.parametrize("attribute", ["pk", "holder_id"])
def test_saving_a_moved_row_unopened_raises(row, plan_id, attribute):
    found = again(row)
    found._state.adding = attribute == "pk"
    new = uuid7() if attribute == "pk" else keyring.create_holder("person", plan_id)
    setattr(found, attribute, new)
    with refused(SealBroken):
        found.save()


def test_reseal_moves_a_row(row, plan_id):
    found, holder_id = again(row), keyring.create_holder("person", plan_id)
    reseal(found, holder_id)
    found.save()
    assert again(row).holder_id == holder_id
    assert again(row).name == "Ana Lima"


def test_a_list_that_does_not_read_the_field_opens_nothing(row, monkeypatch):
    monkeypatch.setattr(keyring, "ciphers_for", lambda holder_id: pytest.fail("opened"))
    assert [found.note for found in SealedRow.objects.all()] == [""]


def test_saving_an_unopened_row_keeps_its_ciphertext(row, monkeypatch):
    before, found = raw(row), again(row)
    monkeypatch.setattr(keyring, "ciphers_for", lambda holder_id: pytest.fail("opened"))
    found.note = "changed"
    found.save()
    assert raw(row) == before
    assert again(row).note == "changed"


def test_an_opened_row_is_sealed_once(row):
    found = again(row)
    assert found.name == "Ana Lima"
    found.save()
    assert again(row).name == "Ana Lima"


def test_a_deferred_field_is_fetched_and_opened(row, django_assert_num_queries):
    found = SealedRow.objects.only("note", "holder_id").get(pk=row.pk)
    with django_assert_num_queries(1):
        assert found.name == "Ana Lima"
    found = SealedRow.objects.only("name").get(pk=row.pk)
    assert found.name == "Ana Lima"
    found.refresh_from_db()
    assert found.name == "Ana Lima"


@pytest.mark.parametrize("remade", [copy.copy, copy.deepcopy, through_pickle])
@pytest.mark.parametrize("opened", [True, False])
def test_a_copied_instance_still_opens_and_saves(row, monkeypatch, remade, opened):
    monkeypatch.setitem(apps.all_models["base"], "sealedrow", SealedRow)
    found = again(row)
    if opened:
        assert found.name
    found = remade(found)
    found.save()
    assert found.name == again(row).name == "Ana Lima"


def test_a_sealed_value_cannot_be_assigned_or_shown(row):
    token = SealedRow.objects.values_list("name", flat=True).get(pk=row.pk)
    assert repr(token) == "<sealed>"
    with pytest.raises(TypeError):
        str(token)
    with pytest.raises(TypeError):
        row.name = token
    with refused(TypeError):
        SealedRow.objects.update(name=token)
    with refused(SealBroken):
        SealedRow(holder_id=row.holder_id, plan_id=row.plan_id, name=token).save()


@pytest.mark.parametrize(
    "lookup",
    [
        {"name": "Ana Lima"},
        {"name": None},
        {"name__in": ["Ana Lima"]},
        {"name__icontains": "ana"},
        {"born__year": 1961},
        {"born__gt": datetime.date(1961, 1, 1)},
        {"content__codes": "x"},
        {"content__has_key": "x"},
        {"scan": b"x"},
    ],
)
def test_only_isnull_finds_rows(lookup):
    with pytest.raises(FieldError):
        SealedRow.objects.filter(**lookup)


def test_what_a_person_types_is_never_decrypted(row):
    assert SealedRow.name.field.to_python(raw(row)) == raw(row)
    assert SealedRow.name.field.clean("s1:typed", row) == "s1:typed"


def test_a_row_without_holder_is_refused(table, plan_id):
    with refused(TypeError):
        SealedRow.objects.create(plan_id=plan_id, name="x")
    with refused(SealBroken):
        SealedRow.objects.create(plan_id=plan_id, holder_id=uuid7(), name="x")


def test_a_destroyed_key_ends_reading_but_not_other_changes(row):
    destroy_key(row.holder_id)
    found = again(row)
    found.note = "ended"
    found.save()
    with pytest.raises(KeyDestroyed):
        _ = again(row).name


def test_blind_index_finds_equal_values_of_the_plan(row, plan_id):
    index = blind_index("tests.row.name_index", plan_id, "  ANA   lima ")
    assert SealedRow.objects.get(name_index=index) == row
    assert len(index) * 8 >= 128
    assert index != blind_index("tests.row.name_index", uuid7(), "Ana Lima")
    assert index != blind_index("tests.other", plan_id, "Ana Lima")
    with pytest.raises(FieldError):
        SealedRow.objects.filter(name_index__gt=b"")


def test_blind_index_follows_its_source(row, plan_id):
    found = again(row)
    found.save()
    assert bytes(again(row).name_index) == bytes(row.name_index)
    found.name = "Bo"
    with refused(TypeError):
        found.save(update_fields=["name"])
    found.save(update_fields=["name", "name_index"])
    assert SealedRow.objects.get(name_index=blind_index("tests.row.name_index", plan_id, "bo"))


@isolate_apps("portal.base")
def test_checks_refuse_a_missing_holder_and_an_indexed_field():
    class Bad(models.Model):
        one = SealedTextField(seal_as="tests.bad", holder="nowhere", unique=True)
        two = SealedTextField(seal_as="", holder="pk")

        class Meta:
            app_label = "base"

    ids = {error.id for error in Bad.check()}
    assert {"crypto.E001", "crypto.E002", "crypto.E003"} <= ids
    with pytest.raises(TypeError):
        SealedTextField(holder="holder_id")


def test_checks_refuse_a_label_used_twice(monkeypatch):
    class Twice(SealedTextField):
        pass

    twin = Twice(seal_as="tests.row.name", holder="holder_id")
    fields = [*SealedRow._meta.local_concrete_fields, twin]
    monkeypatch.setattr(SealedRow._meta, "local_concrete_fields", fields)
    monkeypatch.setattr(apps, "get_models", lambda **kwargs: [SealedRow])
    assert [error.id for error in check_labels(None)] == ["crypto.E004"]


def test_migrations_keep_the_label():
    for field in SealedRow._meta.fields:
        _name, path, args, kwargs = field.deconstruct()
        if hasattr(field, "seal_as"):
            assert path.startswith("portal.base.crypto.fields.")
            assert type(field)(*args, **kwargs).seal_as == field.seal_as
