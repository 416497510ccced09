from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import Fact, Page, Section
from phi_records.fhir.summaries import title_of


def patient(page: Page) -> Iterator[Section]:
    yield Section(
        _("About you"),
        [
            (_("Name"), title_of(page.resource)),
            (_("Date of birth"), page.date("birthDate")),
            (_("Sex"), words.plain_code(page.get("gender"))),
            (_("Marital status"), _marital_status(page)),
            (_("Language"), _languages(page)),
            (_("Date of death"), page.date("deceasedDateTime")),
            (_("Died"), _("Yes") if page.get("deceasedBoolean") is True else ""),
            (_("Where it stands"), page.status),
            (_("Doctor"), page.names("generalPractitioner")),
        ],
    )
    yield Section(_("How to reach you"), _contacts(page))


def _contacts(page: Page) -> list[Fact]:
    labels = {"phone": _("Phone"), "email": _("E-mail"), "fax": _("Fax"), "sms": _("Text message")}
    ways = [
        (labels.get(words.text(one.get("system")), _("Contact")), words.text(one.get("value")))
        for one in page.parts("telecom")
    ]
    return ways + [(_("Address"), words.address(one)) for one in page.parts("address")]


def _languages(page: Page) -> str:
    several = [words.fields(one.get("language")) for one in page.parts("communication")]
    return words.joined(words.language(one) for one in several)


def _marital_status(page: Page) -> str:
    known = {
        "A": _("Annulled"),
        "D": _("Divorced"),
        "L": _("Legally separated"),
        "M": _("Married"),
        "S": _("Never married"),
        "T": _("Domestic partner"),
        "U": _("Unmarried"),
        "W": _("Widowed"),
        "UNK": _("Not known"),
    }
    codes = words.codes(page.get("maritalStatus"))
    found = next((known[one] for one in sorted(codes) if one in known), "")
    return found or page.concept("maritalStatus")
