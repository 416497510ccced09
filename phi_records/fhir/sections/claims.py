import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.money import Amounts, amounts_of, amounts_of_item
from phi_records.fhir.sections.page import MAX_FACTS, Fact, Page, Section
from phi_records.fhir.summaries import title_of

_UUID = re.compile(r"[0-9A-Fa-f-]{36}")


def claim(page: Page) -> Iterator[Section]:
    amounts = amounts_of(page.resource)
    owed = amounts.text("you_owe")
    yield Section(_("What you may owe") if owed else _("What it cost"), _amount_facts(amounts))
    for number, item in enumerate(page.parts("item")[:MAX_FACTS], 1):
        named = words.concept(item.get("productOrService")) or _("Service %d") % number
        when = words.period(item.get("servicedPeriod")) or words.moment_text(
            item.get("servicedDate")
        )
        facts = [(_("When"), when), (_("How many"), words.plain_quantity(item.get("quantity")))]
        yield Section(named, facts + _amount_facts(amounts_of_item(item)))
    problems = [
        words.concept(one.get("diagnosisCodeableConcept"))
        or page.name(one.get("diagnosisReference"))
        for one in page.parts("diagnosis")
    ]
    yield Section(_("What the care was for"), [(_("Condition"), one) for one in problems])
    yield Section(_("This claim"), _claim_facts(page))
    yield page.notes()


def _claim_facts(page: Page) -> list[Fact]:
    team = page.parts("careTeam")
    payment = words.fields(page.get("payment"))
    number = next((words.text(one.get("value")) for one in page.parts("identifier")), "")
    cover = (page.name(one.get("coverage")) for one in page.parts("insurance"))
    return [
        (_("Where it stands"), page.status),
        (_("Care from"), words.period(page.get("billablePeriod"))),
        (_("Sent"), page.date("created")),
        (_("Clinic or doctor"), page.names("provider")),
        (_("Place"), page.names("facility")),
        (
            _("People who cared for you"),
            words.joined(page.name(one.get("provider")) for one in team),
        ),
        (_("Plan"), page.names("insurer") or words.joined(cover)),
        (_("Paid on"), words.moment_text(payment.get("date"))),
        (_("What the plan said"), words.text(page.get("disposition"))),
        # A system's own id is no number that a person could read out on the phone.
        (_("Claim number"), "" if _UUID.fullmatch(number) else number),
    ]


def _amount_facts(amounts: Amounts) -> list[Fact]:
    labels = (
        ("billed", _("Billed")),
        ("discount", _("Plan discount")),
        ("allowed", _("Price the plan agreed to")),
        ("paid", _("The plan paid")),
        ("deductible", _("Deductible: your part before the plan pays")),
        ("copay", _("Copay: a set amount for each visit")),
        ("coinsurance", _("Coinsurance: your share of the price")),
        ("noncovered", _("Not covered")),
        ("you_paid", _("You paid")),
        ("you_owe", _("You may owe")),
    )
    return [(label, amounts.text(name)) for name, label in labels]


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
            *(
                (
                    words.concept(one.get("type")) or _("Group"),
                    words.text(one.get("name") or one.get("value")),
                )
                for one in page.parts("class")
            ),
        ],
    )
    costs = [
        (
            words.concept(one.get("type")) or _("Your part"),
            words.money(one.get("valueMoney")) or words.quantity(one.get("valueQuantity")),
        )
        for one in page.parts("costToBeneficiary")
    ]
    yield Section(_("What you pay"), costs)
