"""Small FHIR bundles about the cast."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

from accounts.models import Member, Plan
from phi_records import actions
from phi_records.fhir.reader import read
from portal.base import context


def patient(number: str, family: str = "Diaz", id: str = "p1") -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": id,
        "identifier": [{"type": {"coding": [{"code": "MB"}]}, "value": number}],
        "name": [{"family": family, "given": ["Ana"]}],
        "birthDate": "1984-03-12",
    }


def observation(id: str, text: str = "Canary potassium") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "category": [{"coding": [{"code": "laboratory"}]}],
        "code": {"text": text},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2024-05-06",
        "valueQuantity": {"value": 6.4, "unit": "mmol/L"},
    }


def document(id: str, raw: bytes, content_type: str = "text/plain") -> dict[str, Any]:
    attachment = {"contentType": content_type, "title": "Canary note"}
    return {
        "resourceType": "DocumentReference",
        "id": id,
        "status": "current",
        "type": {"text": "Visit note"},
        "subject": {"reference": "Patient/p1"},
        "date": "2024-05-06T10:00:00Z",
        "content": [{"attachment": attachment | {"data": b64encode(raw).decode()}}],
    }


def bundle(*resources: dict[str, Any]) -> str:
    entries = [
        {"fullUrl": f"https://feed.example/{one['resourceType']}/{one['id']}", "resource": one}
        for one in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})


def load(plan: Plan, path: Path, feed: str = "lab") -> list[actions.Outcome]:
    return [actions.import_unit(plan=plan, unit=unit, feed=feed) for unit in read([path])]


def load_for(member: Member, folder: Path, *resources: dict[str, Any]) -> None:
    path = folder / "ana.json"
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    path.write_text(bundle(patient(number), *resources))
    load(member.plan, path)
