"""What a claim cost, and who paid: read from an explanation of benefits."""

from collections.abc import Container, Mapping
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


CLAIMS = frozenset({"ExplanationOfBenefit", "Claim"})


@dataclass(slots=True)
class Amounts:
    """Sums of one claim or one service; what is missing was not stated, which is not zero."""

    currency: str = "USD"
    by_name: dict[str, Decimal] = field(default_factory=dict)

    def text(self, name: str) -> str:
        found = self.get(name)
        return "" if found is None else words.money_text(found, self.currency)

    @property
    def has_parts_of_cents(self) -> bool:
        return any(one != words.to_the_cent(one) for one in self.by_name.values())

    @property
    def refused(self) -> bool:
        """The plan turned it down, which is more than paying nothing because of a deductible."""
        billed, allowed = self.get("billed"), self.get("allowed")
        if not billed or self.get("paid") != 0:
            return False
        return allowed == 0 or self.by_name.get("noncovered", Decimal(0)) >= billed

    def get(self, name: str) -> Decimal | None:
        if name == "you_owe" and name not in self.by_name:
            shares = [self.by_name[share] for share in _SHARES if share in self.by_name]
            return sum(shares, Decimal(0)) if shares else None
        return self.by_name.get(name)


def is_bill(resource: Mapping[str, Any]) -> bool:
    """Nobody was cared for, or paid, where the plan was only asked what it would pay."""
    return resource.get("use") not in ("predetermination", "preauthorization")


def is_void(resource: Mapping[str, Any]) -> bool:
    return resource.get("status") in ("cancelled", "entered-in-error")


def amounts_of_item(item: Mapping[str, Any], without: Container[str] = ()) -> Amounts:
    found = _collect(item.get("adjudication"), without=without)
    net = words.number(words.fields(item.get("net")).get("value"))
    if net is not None and "billed" not in without:
        found.by_name.setdefault("billed", net)
    return found


def amounts_of(resource: Mapping[str, Any]) -> Amounts:
    """Totals where they are stated, else the sum over services."""
    stated = _collect(resource.get("total"), resource.get("adjudication"))
    payment = words.fields(words.fields(resource.get("payment")).get("amount"))
    paid = words.number(payment.get("value"))
    if paid is not None:
        stated.by_name.setdefault("paid", paid)
    summed: dict[str, Decimal] = {}
    for item in words.items(resource.get("item")):
        unstated = amounts_of_item(words.fields(item), without=stated.by_name)
        for name, amount in unstated.by_name.items():
            summed[name] = summed.get(name, Decimal(0)) + amount
    stated.by_name |= summed
    total = words.fields(resource.get("total"))
    billed = words.number(total.get("value"))
    if billed is not None:
        stated.by_name["billed"] = billed
    return stated


def _collect(*lists: object, without: Container[str] = ()) -> Amounts:
    found = Amounts()
    for one in (each for several in lists for each in words.items(several)):
        entry = words.fields(one)
        name = _name(entry.get("category"))
        if not name or name in found.by_name or name in without:
            continue
        money = words.fields(entry.get("amount"))
        amount = words.number(money.get("value"))
        if amount is not None:
            found.by_name[name] = amount
            found.currency = words.text(money.get("currency")) or found.currency
    return found


def _name(category: object) -> str | None:
    if found := _name_of_only_code(category):
        return found
    codes = words.codes(category)
    variables = {c.removeprefix(_BLUE_BUTTON) for c in codes if c.startswith(_BLUE_BUTTON)}
    known, table = (variables, _BY_VARIABLE) if variables else (codes, _BY_CODE)
    return next((table[code] for code in sorted(known) if code in table), None)


def _name_of_only_code(category: object) -> str | None:
    """Nearly all categories. A list of claims asks for hundreds, so nothing is made on the way."""
    coding = category.get("coding") if isinstance(category, dict) else None
    if not isinstance(coding, list) or len(coding) != 1 or not isinstance(coding[0], dict):
        return None
    code = coding[0].get("code")
    return _BY_CODE.get(code) if isinstance(code, str) else None
