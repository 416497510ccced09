"""Where mail reaches a patient."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Member, Plan
from phi_records.fhir.addresses import for_mail
from portal.base import context
from tests.phi_records.bundles import bundle, load, patient

HOME = {
    "use": "home",
    "line": ["12 Elm St"],
    "city": "Fresno",
    "state": "CA",
    "postalCode": "00312",
}
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        ([], None),
        (None, None),
        (["nonsense", {"line": 7}], None),
        ([HOME], "12 Elm St\nFresno, CA 00312"),
        ([HOME | {"country": "US"}], "12 Elm St\nFresno, CA 00312"),
        ([HOME | {"country": "Mexico"}], "12 Elm St\nFresno, CA 00312\nMEXICO"),
        ([HOME | {"use": "old"}], None),
        ([HOME | {"use": "billing"}], None),
        ([HOME | {"type": "physical"}], None),
        ([HOME, HOME | {"type": "postal", "line": ["PO Box 9"]}], "PO Box 9\nFresno, CA 00312"),
        ([HOME | {"use": "work", "line": ["Work"]}, HOME], "12 Elm St\nFresno, CA 00312"),
        ([HOME | {"period": {"end": "2026-11-24"}}], None),
        ([HOME | {"period": {"end": "2026"}}], "12 Elm St\nFresno, CA 00312"),
        ([HOME | {"period": {"start": "2027-01-01"}}], None),
        ([{"text": "12 Elm St\nFresno, CA"}], "12 Elm St\nFresno, CA"),
        ([{"city": "Fresno"}], None),
        ([{"text": "Unknown"}], None),
        ([{"line": ["12 Elm St"]}], None),
        ([{"text": "12 Elm St, Fresno"}], None),
        ([{"text": "12 Elm St, Fresno, CA 00312"}], "12 Elm St\nFresno, CA 00312"),
        ([{"text": "Unknown"}, HOME], "12 Elm St\nFresno, CA 00312"),
        ([HOME | {"line": ["a", "b", "c", "d"]}], "a, b\nc\nd\nFresno, CA 00312"),
        ([HOME | {"line": ["  12\n Elm  St ", ""]}], "12 Elm St\nFresno, CA 00312"),
    ],
)
def test_the_lines_of_an_envelope(addresses: Any, found: str | None) -> None:
    assert for_mail({"address": addresses}, TODAY) == found


def test_the_import_keeps_the_newest_address(plan: Plan, tmp_path: Path) -> None:
    def told(*addresses: Any) -> str | None:
        path = tmp_path / "feed.json"
        path.write_text(bundle(patient("C1") | {"address": list(addresses)}))
        load(plan, path)
        with context.system("test"):
            return Member.objects.get().address

    assert told() is None
    assert told(HOME) == "12 Elm St\nFresno, CA 00312"
    assert told(HOME | {"line": ["7 New Rd"]}) == "7 New Rd\nFresno, CA 00312"
    # A source that tells of none knows no better.
    assert told() == "7 New Rd\nFresno, CA 00312"
