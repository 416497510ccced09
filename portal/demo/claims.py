"""Coverage, bills and what the plan paid, in whole cents until the last step."""

from datetime import date, timedelta
from typing import NamedTuple

from portal.demo import fhir, tables
from portal.demo.fhir import Chart
from portal.demo.shapes import Resource

DEDUCTIBLE_CENTS = 50_000
COPAY_CENTS = 2_500
COINSURANCE_PERCENT = 20


class Line(NamedTuple):
    cpt: str
    name: str
    cents: int


class Shares(NamedTuple):
    billed: int
    allowed: int
    copay: int
    deductible: int
    coinsurance: int
    paid: int

    @property
    def owed(self) -> int:
        return self.copay + self.deductible + self.coinsurance


def add_coverage(chart: Chart) -> Resource:
    member = chart.member
    return chart.add("Coverage", {
        "identifier": [{"system": "https://demo.example.test/member-number",
                        "value": member.member_number}],
        "status": "cancelled" if member.deceased_on else "active",
        "type": {"text": f"{tables.PLAN_NAMES[chart.slug]} Standard"},
        "subscriber": {"reference": f"Patient/{member.subscriber_id}"},
        "subscriberId": member.member_number,
        "beneficiary": chart.patient,
        "relationship": fhir.status("subscriber-relationship", member.relationship),
        "period": {"start": date(chart.today.year, 1, 1).isoformat()}
        | ({"end": chart.today.isoformat()} if member.deceased_on else {}),
        "payor": [fhir.payer(chart.slug)],
        "costToBeneficiary": [
            {"type": fhir.status("coverage-copay-type", "gpvisit"),
             "valueMoney": fhir.money(COPAY_CENTS)},
        ],
    })  # fmt: skip


def share_out(billed: int, *, deductible_left: int, denied: bool, copay: int) -> Shares:
    if denied:
        return Shares(billed, 0, 0, 0, 0, 0)
    allowed = billed * 68 // 100
    copay = min(copay, allowed)
    deductible = 0 if copay else min(deductible_left, allowed)
    rest = allowed - copay - deductible
    coinsurance = 0 if copay else rest * COINSURANCE_PERCENT // 100
    return Shares(billed, allowed, copay, deductible, coinsurance, rest - coinsurance)


def _adjudication(shares: Shares) -> list[Resource]:
    amounts = (
        ("submitted", "Billed by the provider", shares.billed),
        ("eligible", "Price the plan agreed to", shares.allowed),
        ("copay", "Copay", shares.copay),
        ("deductible", "Counts toward your deductible", shares.deductible),
        ("benefit", "Paid by the plan", shares.paid),
    )
    found: list[Resource] = [
        {"category": fhir.concept(f"{fhir.HL7}adjudication", code, text),
         "amount": fhir.money(cents)}
        for code, text, cents in amounts
    ]  # fmt: skip
    if shares.coinsurance:
        found.append({"category": {"text": "Coinsurance"},
                      "amount": fhir.money(shares.coinsurance)})  # fmt: skip
    return found


def _total(lines: list[Shares]) -> list[Resource]:
    return _adjudication(Shares(*(sum(column) for column in zip(*lines, strict=True))))


def _items(lines: list[Line], day: date) -> list[Resource]:
    return [
        {"sequence": nth, "productOrService": fhir.concept(fhir.CPT, line.cpt, line.name),
         "servicedDate": day.isoformat(), "net": fhir.money(line.cents)}
        for nth, line in enumerate(lines, 1)
    ]  # fmt: skip


def add_claim(
    chart: Chart, *, day: date, lines: list[Line], encounter: Resource, coverage: Resource,
    used: dict[int, int], sensitivity: str = "", denied: bool = False,
) -> None:  # fmt: skip
    """`used` is how much of each year's deductible is spent so far."""
    received = min(day + timedelta(days=4), chart.today)
    decided = min(day + timedelta(days=16), chart.today)
    common: Resource = {
        "status": "active",
        "type": fhir.status("claim-type", "professional"),
        "use": "claim",
        "patient": chart.patient,
        "billablePeriod": {"start": day.isoformat(), "end": day.isoformat()},
        "created": fhir.at(received),
        "insurer": fhir.payer(chart.slug),
        "provider": fhir.clinic(chart.slug, 0),
        "insurance": [{"sequence": 1, "focal": True, "coverage": fhir.reference(coverage)}],
    }
    items = [item | {"encounter": [fhir.reference(encounter)]} for item in _items(lines, day)]
    claim = chart.add("Claim", common | {
        "priority": fhir.status("processpriority", "normal"),
        "item": items,
        "total": fhir.money(sum(line.cents for line in lines)),
    }, sensitivity=sensitivity)  # fmt: skip

    shares = _shares(lines, day.year, used, denied)
    eob = common | {
        "created": fhir.at(decided),
        "claim": fhir.reference(claim),
        "outcome": "complete",
        "disposition": "Not paid" if denied else "Paid",
        "insurance": [{"focal": True, "coverage": fhir.reference(coverage)}],
        "item": [
            item | {"adjudication": _adjudication(share)}
            for item, share in zip(items, shares, strict=True)
        ],
        "total": _total(shares),
        "payment": {"date": decided.isoformat(),
                    "amount": fhir.money(sum(s.paid for s in shares))},
    }  # fmt: skip
    if denied:
        eob["payment"].pop("date")
        eob["processNote"] = [{"number": 1, "type": "display", "text": (
            "We need more details about this visit from the clinic."
        )}]  # fmt: skip
    chart.add("ExplanationOfBenefit", eob, sensitivity=sensitivity)


def _shares(lines: list[Line], year: int, used: dict[int, int], denied: bool) -> list[Shares]:
    """Who pays how much of each line. Adds to what is used of the year's deductible."""
    shares: list[Shares] = []
    for nth, line in enumerate(lines):
        left = DEDUCTIBLE_CENTS - used.get(year, 0)
        share = share_out(line.cents, deductible_left=left, denied=denied,
                          copay=COPAY_CENTS if nth == 0 else 0)  # fmt: skip
        used[year] = used.get(year, 0) + share.deductible
        shares.append(share)
    return shares
