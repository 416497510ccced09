"""What a claim cost: no currency added to another, nothing counted twice, nothing lost."""

from decimal import Decimal
from typing import Any

from phi_records.fhir.money import amounts_of
from phi_records.fhir.plain import describe, summarise
from tests.phi_records.test_fhir_plain import facts


def adjudged(code: str, amount: str, currency: str | None = "USD") -> dict[str, Any]:
    money: dict[str, Any] = {"value": Decimal(amount)}
    if currency:
        money["currency"] = currency
    return {"category": {"coding": [{"code": code}]}, "amount": money}


def benefits(*items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "outcome": "complete",
        "item": [{"adjudication": one} for one in items],
        **more,
    }


def test_currencies_are_never_added() -> None:
    claim = benefits([adjudged("benefit", "80")], [adjudged("benefit", "5", "MXN")])
    assert summarise(claim).subtitle == "The plan paid $80.00 + 5.00 MXN."
    assert facts(claim)["The plan paid"] == "$80.00 + 5.00 MXN"
    [table] = [one.table for one in describe(claim) if one.table]
    assert [row[-1] for row in table.rows] == ["$80.00", "5.00 MXN"]


def test_shares_of_two_currencies_are_owed_in_both() -> None:
    claim = benefits([adjudged("copay", "20"), adjudged("deductible", "9", "CAD")])
    assert summarise(claim).subtitle == "You may owe $20.00 + 9.00 CAD."


def test_an_amount_without_a_currency_has_the_claims_only_one() -> None:
    claim = benefits([adjudged("benefit", "80", "CAD"), adjudged("copay", "9", None)])
    assert summarise(claim).subtitle == "You may owe 9.00 CAD. The plan paid 80.00 CAD."
    [table] = [one.table for one in describe(claim) if one.table]
    assert table.rows[0][-2:] == ["80.00 CAD", "9.00 CAD"]
    # Named where a total already says the sum.
    elsewhere = benefits([adjudged("copay", "9", "CAD")], total=[adjudged("copay", "9", None)])
    assert summarise(elsewhere).subtitle == "You may owe 9.00 CAD."
    unknown = benefits([adjudged("copay", "9", None)])
    assert summarise(unknown).subtitle == "You may owe $9.00."
    several = benefits([adjudged("copay", "9", None), adjudged("copay", "1", "CAD")],
                       [adjudged("copay", "2", "MXN")])  # fmt: skip
    assert summarise(several).subtitle == "You may owe $9.00 + 1.00 CAD + 2.00 MXN."


def test_only_all_of_what_was_billed_is_refused() -> None:
    billed = [adjudged("submitted", "80"), adjudged("submitted", "5", "CAD")]
    nothing = adjudged("benefit", "0")
    refused = benefits([*billed, nothing, adjudged("eligible", "0")])
    assert summarise(refused).status_word == "Not paid"
    in_part = benefits([*billed, nothing, adjudged("noncovered", "80")])
    assert summarise(in_part).status_word == "Decided"
    whole = benefits([*billed, nothing, adjudged("noncovered", "80"),
                      adjudged("noncovered", "5", "CAD")])  # fmt: skip
    assert summarise(whole).status_word == "Not paid"


def test_two_of_one_kind_on_one_service_are_both_counted() -> None:
    claim = benefits([adjudged("deductible", "30"), adjudged("deductible", "12.50")])
    assert facts(claim)["You may owe"] == "$42.50"


def test_two_codes_for_one_amount_are_not_added() -> None:
    assert facts(benefits([adjudged("benefit", "80"), adjudged("paidtoprovider", "80")]))[
        "The plan paid"
    ] == "$80.00"  # fmt: skip
    header = benefits(total=[adjudged("benefit", "80")], adjudication=[adjudged("benefit", "80")])
    assert facts(header)["The plan paid"] == "$80.00"


def test_what_a_service_does_not_state_is_told_by_its_parts() -> None:
    inner = {"adjudication": [adjudged("copay", "4")], "net": {"value": Decimal(20)}}
    part = {"adjudication": [adjudged("benefit", "16")], "subDetail": [inner, inner]}
    stated = [adjudged("benefit", "30")]
    claim = benefits(item=[{"detail": [part, part]}, {"adjudication": stated, "detail": [part]}])
    found = {name: amounts_of(claim).text(name) for name in ("paid", "copay", "billed")}
    assert found == {"paid": "$62.00", "copay": "$24.00", "billed": "$120.00"}
    [table] = [one.table for one in describe(claim) if one.table]
    paid = table.columns.index("The plan paid")
    assert [row[paid] for row in table.rows] == ["$32.00", "$30.00"]


def test_what_the_plan_added_is_counted() -> None:
    added = {"productOrService": {"text": "Crutches"}, "adjudication": [adjudged("benefit", "7")]}
    claim = benefits([adjudged("benefit", "80")], addItem=[added])
    assert facts(claim)["The plan paid"] == "$87.00"
    [table] = [one.table for one in describe(claim) if one.table]
    assert [row[0] for row in table.rows] == ["Service 1", "Crutches"]


def test_a_service_that_was_denied_says_why_and_what_to_do() -> None:
    def line(name: str, billed: int, paid: int, *more: dict[str, Any]) -> dict[str, Any]:
        told = [("submitted", billed), ("benefit", paid)]
        amounts = [
            {"category": {"coding": [{"code": code}]}, "amount": {"value": value}}
            for code, value in told
        ]
        return {"productOrService": {"text": name}, "adjudication": [*amounts, *more]}

    why = {
        "category": {"coding": [{"code": "denialreason"}]},
        "reason": {"text": "Not needed for care"},
    }
    paid = line("Visit", 100, 100)
    bill = {
        "resourceType": "ExplanationOfBenefit",
        "status": "active",
        "use": "claim",
        "outcome": "complete",
        "item": [line("MRI", 900, 0, why), paid],
    }
    sections = {one.heading: one for one in describe(bill)}
    assert sections["What the plan did not pay for"].facts == [("MRI", "Not needed for care")]
    assert "appeal" in sections["What you can do"].text
    headings = {one.heading for one in describe({**bill, "item": [paid]})}
    assert not headings & {"What the plan did not pay for", "What you can do"}
