"""What a claim cost, and who paid: read from an explanation of benefits."""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from phi_records.fhir import words

# Blue Button writes Medicare's own variables beside FHIR's coarse categories: they decide.
_BLUE_BUTTON = "https://bluebutton.cms.gov/resources/variables/"
_BY_VARIABLE = {
    "line_sbmtd_chrg_amt": "billed",
    "rev_cntr_tot_chrg_amt": "billed",
    "clm_tot_chrg_amt": "billed",
    "tot_rx_cst_amt": "billed",
    "line_alowd_chrg_amt": "allowed",
    "line_prvdr_pmt_amt": "paid",
    "line_nch_pmt_amt": "paid",
    "cvrd_d_plan_pd_amt": "paid",
    "line_coinsrnc_amt": "coinsurance",
    "line_bene_ptb_ddctbl_amt": "deductible",
    "ptnt_pay_amt": "you_paid",
    "rev_cntr_ncvrd_chrg_amt": "noncovered",
}
_BY_CODE = {
    "submitted": "billed",
    "drugcost": "billed",
    "eligible": "allowed",
    "benefit": "paid",
    "paidtoprovider": "paid",
    "discount": "discount",
    "copay": "copay",
    "coinsurance": "coinsurance",
    "deductible": "deductible",
    "memberliability": "you_owe",
    "paidbypatient": "you_paid",
    "noncovered": "noncovered",
}
_SHARES = ("copay", "coinsurance", "deductible")
_WITH_MONEY = ("total", "payment", "adjudication", "item", "addItem")
Sums = dict[str, Decimal]
"""By currency."""


CLAIMS = frozenset({"ExplanationOfBenefit", "Claim"})


@dataclass(slots=True)
class Amounts:
    """Sums of one claim or one service, each by its currency: none is added to another.

    What is missing was not stated, which is not zero.
    """

    by_name: dict[str, Sums] = field(default_factory=dict)

    def text(self, name: str) -> str:
        sums = self.get(name).items()
        return " + ".join(words.money_text(amount, currency) for currency, amount in sums)

    @property
    def has_parts_of_cents(self) -> bool:
        several = (amount for sums in self.by_name.values() for amount in sums.values())
        return any(one != words.to_the_cent(one) for one in several)

    @property
    def refused(self) -> bool:
        """The plan turned it down, which is more than paying nothing because of a deductible."""
        billed, noncovered = self.get("billed"), self.get("noncovered")
        if not any(billed.values()) or not self.is_zero("paid"):
            return False
        return self.is_zero("allowed") or all(
            noncovered.get(one, 0) >= amount for one, amount in billed.items()
        )

    def is_zero(self, name: str) -> bool:
        """Stated, and nothing in any currency."""
        sums = self.get(name)
        return bool(sums) and not any(sums.values())

    def get(self, name: str) -> Sums:
        if name == "you_owe" and name not in self.by_name:
            return _added(pair for one in _SHARES for pair in self.get(one).items())
        return self.by_name.get(name, {})


def is_bill(resource: Mapping[str, Any]) -> bool:
    """Nobody was cared for, or paid, where the plan was only asked what it would pay."""
    return resource.get("use") not in ("predetermination", "preauthorization")


def is_void(resource: Mapping[str, Any]) -> bool:
    return resource.get("status") in ("cancelled", "entered-in-error")


def is_open(resource: Mapping[str, Any]) -> bool:
    """Not decided, so nothing was paid yet."""
    return resource.get("outcome") in ("queued", "error") or resource.get("status") == "draft"


def services_of(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those on the claim, then those that the plan added."""
    several = (*words.items(resource.get("item")), *words.items(resource.get("addItem")))
    return [words.fields(one) for one in several]


def amounts_of_items(resource: Mapping[str, Any]) -> list[Amounts]:
    """Of each service by itself."""
    return [_in_currencies(_of_item(one), resource) for one in services_of(resource)]


def amounts_of(resource: Mapping[str, Any]) -> Amounts:
    """Totals where they are stated, else the sum over services."""
    stated = _collect(resource.get("adjudication")) | _collect(resource.get("total"))
    payment = _sums(words.fields(resource.get("payment")).get("amount"))
    if payment:
        stated.setdefault("paid", payment)
    found = stated | _summed(_of_item(one, without=stated) for one in services_of(resource))
    if total := _sums(resource.get("total")):
        found["billed"] = total
    return _in_currencies(found, resource)


def _of_item(item: Mapping[str, Any], without: Container[str] = ()) -> dict[str, Sums]:
    """As it is stated, else the sum over its parts."""
    found = _collect(item.get("adjudication"), without)
    net = _sums(item.get("net"))
    if net and "billed" not in without:
        found.setdefault("billed", net)
    parts = (*words.items(item.get("detail")), *words.items(item.get("subDetail")))
    summed = _summed(_of_item(words.fields(one), without) for one in parts) if parts else {}
    return summed | found


def _collect(several: object, without: Container[str] = ()) -> dict[str, Sums]:
    """What is told under one code is added up; another code for it tells it once more."""
    codes: dict[str, str] = {}
    found: dict[str, Sums] = {}
    for entry in map(words.fields, words.items(several)):
        name, code = _name_and_code(entry.get("category"))
        if not name or name in without:
            continue
        money = words.fields(entry.get("amount"))
        amount = words.number(money.get("value"))
        if amount is not None and codes.setdefault(name, code) == code:
            _add(found.setdefault(name, {}), words.text(money.get("currency")), amount)
    return found


def _sums(money: object) -> Sums:
    found = words.fields(money)
    amount = words.number(found.get("value"))
    return {} if amount is None else {words.text(found.get("currency")): amount}


def _add(sums: Sums, currency: str, amount: Decimal) -> None:
    sums[currency] = sums[currency] + amount if currency in sums else amount


def _added(several: Iterable[tuple[str, Decimal]]) -> Sums:
    sums: Sums = {}
    for currency, amount in several:
        _add(sums, currency, amount)
    return sums


def _summed(several: Iterable[Mapping[str, Sums]]) -> dict[str, Sums]:
    found: dict[str, Sums] = {}
    for one in several:
        for name, sums in one.items():
            for currency, amount in sums.items():
                _add(found.setdefault(name, {}), currency, amount)
    return found


def _in_currencies(by_name: dict[str, Sums], resource: Mapping[str, Any]) -> Amounts:
    """What names no currency is in the only one of its claim, else in dollars."""
    if any("" in sums for sums in by_name.values()):
        named = set(_currencies([resource.get(one) for one in _WITH_MONEY]))
        only = named.pop() if len(named) == 1 else "USD"
        for name, sums in by_name.items():
            by_name[name] = _added((one or only, amount) for one, amount in sums.items())
    return Amounts(by_name)


def _currencies(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if found := words.text(value.get("currency")):
            yield found
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _currencies(one)


def _name_and_code(category: object) -> tuple[str, str]:
    """Nearly all have one code. A list of claims asks for hundreds, so that is looked up alone."""
    coding = category.get("coding") if isinstance(category, dict) else None
    if isinstance(coding, list) and len(coding) == 1 and isinstance(coding[0], dict):
        code = coding[0].get("code")
        if isinstance(code, str) and code in _BY_CODE:
            return _BY_CODE[code], code
    codes = words.codes(category)
    variables = {c.removeprefix(_BLUE_BUTTON) for c in codes if c.startswith(_BLUE_BUTTON)}
    known, table = (variables, _BY_VARIABLE) if variables else (codes, _BY_CODE)
    return next(((table[code], code) for code in sorted(known) if code in table), ("", ""))
