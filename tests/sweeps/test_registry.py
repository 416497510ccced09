"""What apps sign up for each other, against the list that is expected; nothing is forgotten."""

from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.core.management import call_command
from django.http import Http404

from disclosures import facts
from disclosures.rules import PARTS
from portal.base import registry
from portal.base.registry import Alarm
from tests.messaging.conftest import acting
from tests.sweeps.conftest import CANARY, World
from tests.sweeps.test_fields import INDEX, SECRET, stored

SIGNED_UP = {
    "Whole record of a member": {
        "disclosures.person", "disclosures.accounting", "messaging.conversations",
        "phi_records.records",
    },
    "Who takes a report of an incident": {"disclosures.report"},
    "Who takes an alarm": {"disclosures.alarm"},
    "What stops when a right ends": {
        "accounts.email_changes", "accounts.mail", "accounts.sessions", "messaging.drafts",
        "messaging.owners", "messaging.threads",
    },
    "What forbids destroying a key": {
        "accounts.open_account", "accounts.plan_here", "accounts.record_first",
        "disclosures.open_incident", "disclosures.six_years", "messaging.open_thread",
        "phi_records.coverage",
    },
    "What goes with a destroyed key": {
        "accounts.member_number", "phi_records.marks", "phi_records.patient_links",
    },
    "What doctor asks": {"consents.notices", "disclosures.officers"},
    "What holds lines of the trail": set(),
    "What must be done by a day": {"disclosures.openings", "messaging.waiting"},
    "Whose a refused thing is": {"messaging.owner", "phi_records.owner"},
    "What a line of the trail is about": {"messaging.threads"},
    "Who tells what became of a file": {"messaging.files"},
    "What needs a second person": {"disclosures.destroy_key"},
    "Who is one person": {"accounts.two_accounts"},
}  # fmt: skip
# Why these hold something of a person and are in no part of a member's whole record.
NO_PART = {
    "accounts.EmailChange": "a code on its way, gone after 90 days: how someone signs in",
    "accounts.Registration": "what staff told of who they are: holds nothing of a member",
    "accounts.TotpDevice": "the secret of an app: how someone signs in",
    "base.Job": "long work on its way: what comes of it is a copy of other parts",
    "base.Letter": "says on paper that something waits here: that is in a part of its own",
    "base.Approval": "how the plan decides about its own acts: tells nothing of the member",
    "consents.Opening": "why someone looked: shown to the member beside who did",
    "base.Event": "who looked: shown to the member beside the record, not part of it",
    "disclosures.Incident": "how the plan handles a problem: decides nothing about the member",
    "disclosures.IncidentNote": "the same",
    "messaging.Draft": "not sent: still the words of whoever writes them",
    "phi_records.StaffTag": "why something is held back: would tell what, and of a danger",
    "phi_records.MedicineAwaited": "a keyed mark of a medicine's id: gone when that comes",
    "phi_records.PatientLink": "a keyed mark of a source's id: tells nothing by itself",
}


def test_everything_signed_up_is_on_the_list() -> None:
    assert {section.title: set(section) for section in registry.SECTIONS} == SIGNED_UP
    for section in registry.SECTIONS:
        for name in section:
            assert apps.is_installed(name.split(".")[0]), name
            assert section.does[name], name


def test_the_command_prints_all_of_it() -> None:
    out = StringIO()
    call_command("registry", stdout=out)
    for title, names in SIGNED_UP.items():
        assert title in out.getvalue()
        for name in names:
            app, part = name.split(".")
            assert any(line.split()[:2] == [app, part] for line in out.getvalue().splitlines())


def test_what_is_signed_up_has_its_words() -> None:
    assert set(registry.approval_kinds) == set(facts.APPROVALS)
    assert set(registry.shred_guards) == set(facts.GUARDS)


def test_a_name_is_taken_once() -> None:
    section: registry.Section[Any] = registry.Section("Things")
    section.sign_up("app.one", len, "Counts.")
    section.sign_up("app.one", len, "Counts.")
    with pytest.raises(ValueError, match="registered already"):
        section.sign_up("app.one", max, "Something else.")


def test_an_alarm_that_nobody_takes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "incident_alarms", registry.Section("Alarms"))
    with pytest.raises(LookupError):
        registry.raise_alarm(Alarm("trail"))


@pytest.mark.promise("AM18")
def test_no_table_of_a_member_is_forgotten() -> None:
    told = {name.rpartition(".")[0] for name in [*SECRET.split(), *INDEX.split()]}
    about = {
        name.rpartition(".")[0] for name in stored() if name.endswith((".member", ".member_id"))
    }
    in_parts = {model for part in registry.record_parts.values() for model in part.models}
    assert told | about == in_parts | set(NO_PART)
    assert in_parts & set(NO_PART) == set()
    assert set(registry.record_parts) == set(PARTS), "parts without words for people"


def test_each_part_counts_what_it_goes_through(world: World) -> None:
    ana, found = world.people["member"], {}
    with acting(ana):
        for name, part in registry.record_parts.items():
            items = list(part.items(ana, world.member.pk))
            assert len(items) == part.count(ana, world.member.pk), name
            assert CANARY in str(items), name
            found[name] = len(items)
    assert found == {
        "disclosures.person": 3,
        "disclosures.accounting": 1,
        "messaging.conversations": 1,
        "phi_records.records": 3,
    }


@pytest.mark.parametrize("who", ["stranger", "care_worker", "privacy_officer", "operator"])
@pytest.mark.parametrize("name", sorted(SIGNED_UP["Whole record of a member"]))
def test_no_part_opens_to_anyone_else(world: World, who: str, name: str) -> None:
    person, part = world.people[who], registry.record_parts[name]
    for way in (part.count, lambda user, member_id: list(part.items(user, member_id))):
        with acting(person), pytest.raises((PermissionDenied, Http404)):
            way(person, world.member.pk)


def test_the_member_sees_how_much_each_part_has(world: World) -> None:
    page = world.browser("member").get("/privacy/whole-record/")
    assert page.status_code == 200
    assert sorted(one["value"] for one in page.context["parts"]) == [1, 1, 3, 3]
    assert world.browser("care_worker").get("/privacy/whole-record/").status_code == 403
