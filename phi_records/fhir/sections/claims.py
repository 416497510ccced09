import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.money import (
    Amounts,
    amounts_of,
    amounts_of_items,
    is_bill,
    is_open,
    is_void,
    services_of,
)
from phi_records.fhir.sections.page import MAX_FACTS, MORE, Fact, Page, Section, Table
from phi_records.fhir.summaries import title_of

# Of the guide for claims that plans follow (CARIN Blue Button).
_DENIED = frozenset({"denialreason"})
_UUID = re.compile(r"[0-9A-Fa-f-]{36}")


def claim(page: Page) -> Iterator[Section]:
    amounts = amounts_of(page.resource)
    bill = _is_settled(page.resource)
    refused = bill and amounts.refused and not is_void(page.resource)
    if refused:
        yield from _refusal(page)
    elif bill and not is_void(page.resource) and (denied := _denied(page)):
        yield Section(_("What the plan did not pay for"), denied)
        yield _appeal()
    yield Section(
        _("What the claim said") if is_void(page.resource) else _heading(amounts, bill),
        _amount_facts(amounts, bill),
        text=_whose_bill(page, amounts),
    )
    cut = len(services_of(page.resource)) > MAX_FACTS
    yield Section(_("Each service"), text=str(MORE) if cut else "", table=_services(page))
    problems = [
        words.concept(one.get("diagnosisCodeableConcept"))
        or page.name(one.get("diagnosisReference"))
        for one in page.parts("diagnosis")
    ]
    yield Section(_("What the care was for"), [(_("Condition"), one) for one in problems])
    yield Section(_("This claim"), _claim_facts(page))
    balances = [fact for one in page.parts("benefitBalance") for fact in _balance(one)]
    yield Section(_("What your plan covers, and what is used"), balances)
    if not refused:
        yield Section(_("What the plan wrote"), [(_("Note"), one) for one in _plan_notes(page)])
    yield page.notes()


def _is_settled(resource: Mapping[str, Any]) -> bool:
    return is_bill(resource) and not is_open(resource)


def _heading(amounts: Amounts, bill: bool) -> str:
    if not bill:
        return _("What it may cost")
    return _("What you may owe") if amounts.text("you_owe") else _("What it cost")


def _refusal(page: Page) -> Iterator[Section]:
    several = [
        words.concept(one.get("reason"))
        for item in (page.resource, *services_of(page.resource))
        for one in _adjudications(item)
    ]
    reasons = [(_("Reason"), one) for one in (*_plan_notes(page), *several)]
    yield Section(_("Why the plan did not pay"), reasons)
    yield _appeal()


def _denied(page: Page) -> list[Fact]:
    """The services that were denied though the claim was not, each with the plan's reason; and
    what is said so of the whole claim."""
    several = zip(services_of(page.resource), amounts_of_items(page.resource), strict=True)
    lines = [
        (_name_of(item, number), item, amounts.refused)
        for number, (item, amounts) in enumerate(several, 1)
    ]
    return [
        (named, words.concept(one.get("reason")))
        for named, item, refused in [(_("This claim"), page.resource, False), *lines]
        for one in _adjudications(item)
        if refused or _DENIED & words.codes(one.get("category"))
    ]


def _adjudications(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [words.fields(one) for one in words.items(item.get("adjudication"))]


def _appeal() -> Section:
    return Section(
        _("What you can do"),
        text=_(
            "You can ask the plan to look at this claim again. This is called an appeal. "
            "To start one, call us or send us a message."
        ),
    )


def _plan_notes(page: Page) -> list[str]:
    return [words.lines(one.get("text")) for one in page.parts("processNote")]


def _whose_bill(page: Page, amounts: Amounts) -> str:
    several = (amounts, *amounts_of_items(page.resource))
    if any(one.has_parts_of_cents for one in several):
        return f"{_what_it_is(page)} {_('Amounts are rounded, so sums can be a cent off.')}"
    return _what_it_is(page)


def _what_it_is(page: Page) -> str:
    if is_void(page.resource):
        return _("This claim does not count any more. It is not a bill.")
    if not is_bill(page.resource):
        return _("This is not a bill. It was asked before any care, and nothing was paid.")
    if page.get("resourceType") == "Claim":
        return _("This is what the clinic billed your plan. It is not a bill to you.")
    return _("This is not a bill. If you owe something, the clinic sends you a bill.")


def _services(page: Page) -> Table | None:
    """One line for each service, without the columns that are empty in every line."""
    care = words.period(page.get("billablePeriod"))
    several = zip(services_of(page.resource), amounts_of_items(page.resource), strict=True)
    lines = [_service(number, *one) for number, one in enumerate(several, 1)]
    if all(line[_("When")] in ("", care) for line in lines):
        lines = [line | {_("When"): ""} for line in lines]
    if not _is_settled(page.resource):
        lines = [line | {_("The plan paid"): "", _("You paid"): ""} for line in lines]
    columns = [name for name in (lines[0] if lines else ()) if any(line[name] for line in lines)]
    rows = [[line[name] for name in columns] for line in lines[:MAX_FACTS]]
    worded = sum(name in columns for name in (_("Service"), _("When")))
    return Table(_("Services on this claim"), columns, rows, worded) if rows else None


def _name_of(item: Mapping[str, Any], number: int) -> str:
    return words.sentence(words.concept(item.get("productOrService")) or _("Service %d") % number)


def _service(number: int, item: Mapping[str, Any], amounts: Amounts) -> dict[str, str]:
    when = words.period(item.get("servicedPeriod")) or words.moment_text(item.get("servicedDate"))
    return {
        _("Service"): _name_of(item, number),
        _("When"): when,
        _("How many"): words.plain_quantity(item.get("quantity")),
        _("Billed"): amounts.text("billed"),
        _("Plan discount"): amounts.text("discount"),
        _("Agreed price"): "" if amounts.refused else amounts.text("allowed"),
        _("The plan paid"): amounts.text("paid"),
        _("Not covered"): amounts.text("noncovered"),
        _("You paid"): amounts.text("you_paid"),
        _("You may owe"): amounts.text("you_owe"),
    }


def _claim_facts(page: Page) -> list[Fact]:
    team = page.parts("careTeam")
    payment = words.fields(page.get("payment"))
    nothing = amounts_of(page.resource).is_zero("paid")
    number = next((words.text(one.get("value")) for one in page.parts("identifier")), "")
    cover = (page.name(one.get("coverage")) for one in page.parts("insurance"))
    return [
        (_("Days of care"), words.period(page.get("billablePeriod"))),
        (_when_made(page), page.date("created")),
        (_("Clinic or doctor"), page.names("provider")),
        (_("Place"), page.names("facility")),
        (
            _("People who cared for you"),
            words.joined(page.name(one.get("provider")) for one in team),
        ),
        (_("Plan"), page.names("insurer") or words.joined(cover)),
        (_("Paid on"), words.moment_text(payment.get("date")) if not nothing else ""),
        (_("Change to the payment"), words.money(payment.get("adjustment"))),
        (_("Why the payment changed"), words.concept(payment.get("adjustmentReason"))),
        (_("What the plan said"), words.text(page.get("disposition"))),
        (_("Approval number"), words.joined(map(words.text, words.items(page.get("preAuthRef"))))),
        (
            _("Approved for"),
            words.joined(map(words.period, words.items(page.get("preAuthRefPeriod")))),
        ),
        # A system's own id is no number that a person could read out on the phone.
        (_("Claim number"), "" if _UUID.fullmatch(number) else number),
    ]


def _balance(balance: Mapping[str, Any]) -> Iterator[Fact]:
    """Of one kind of care: how much of it the plan pays for, and how much of that is used."""
    named = words.text(balance.get("name")) or words.concept(balance.get("category"))
    several = (words.concept(balance.get(one)) for one in ("network", "unit", "term"))
    more = words.joined(iter([named or _("Benefit"), *several]))
    if balance.get("excluded") is True:
        yield more, _("Not covered")
    for one in map(words.fields, words.items(balance.get("financial"))):
        label = words.joined(iter([more, words.concept(one.get("type"))]))
        for name, form in (("allowed", _("%s in all")), ("used", _("%s used"))):
            kind, value = words.value_of(one, name)
            if shown := words.any_text(kind, value) if value is not None else "":
                yield label, form % shown


def _when_made(page: Page) -> str:
    if is_void(page.resource) or is_open(page.resource):
        return _("Written down")
    return _("Sent") if page.get("resourceType") == "Claim" else _("Decided")


def _amount_facts(amounts: Amounts, bill: bool) -> list[Fact]:
    labels = (
        ("billed", _("Billed")),
        ("discount", _("Plan discount")),
        ("allowed", _("Price the plan agreed to")),
        ("paid", _("The plan paid") if bill else _("The plan would pay")),
        ("deductible", _("Deductible: your part before the plan pays")),
        ("copay", _("Copay: a set amount for each visit")),
        ("coinsurance", _("Coinsurance: your share of the price")),
        ("noncovered", _("Not covered")),
        ("you_paid", _("You paid")),
        ("you_owe", _("You may owe")),
    )
    # Nothing was agreed or shared of a claim that was turned down: zeros would say the contrary.
    told = {"billed", "paid", "noncovered", "you_owe"} if bill and amounts.refused else None
    return [(label, amounts.text(name)) for name, label in labels if not told or name in told]


def coverage(page: Page) -> Iterator[Section]:
    yield Section(
        _("About this coverage"),
        [
            (_("Plan"), title_of(page.resource)),
            (_("Kind"), page.concept("type")),
            (_("Where it stands"), page.status),
            (_("When it holds"), words.period(page.get("period"))),
            (_("Paid by"), page.names("payor")),
            (_("You are"), page.concept("relationship")),
            (_("Person the plan is for"), page.names("subscriber")),
            (_("Number on the card"), words.text(page.get("subscriberId"))),
            (_("Network"), words.text(page.get("network"))),
            (_("Its turn among your plans"), words.number_text(page.get("order"))),
            *(
                (
                    words.concept(one.get("type")) or _("Group"),
                    words.text(one.get("name") or one.get("value")),
                )
                for one in page.parts("class")
            ),
        ],
    )
    costs = (fact for one in page.parts("costToBeneficiary") for fact in _cost(one))
    yield Section(_("What you pay"), list(costs))


def _cost(cost: Mapping[str, Any]) -> Iterator[Fact]:
    named = words.concept(cost.get("type")) or _("Your part")
    yield named, words.money(cost.get("valueMoney")) or words.quantity(cost.get("valueQuantity"))
    for one in map(words.fields, words.items(cost.get("exception"))):
        said = (words.concept(one.get("type")), words.period(one.get("period")))
        yield _("%s: exception") % named, words.joined(iter(said))
