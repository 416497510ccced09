from collections.abc import Iterator

from django.utils.translation import gettext as _

from phi_records.fhir import words
from phi_records.fhir.sections.page import Fact, Page, Section


def patient(page: Page) -> Iterator[Section]:
    yield Section(
        _("About you"),
        [
            *_names(page),
            (_("Date of birth"), page.date("birthDate")),
            (_("Sex"), words.code_word(words.text(page.get("gender")))),
            (_("Marital status"), _marital_status(page)),
            (_("Language"), _languages(page)),
            (_("Date of death"), page.date("deceasedDateTime")),
            (_("Died"), _("Yes") if page.get("deceasedBoolean") is True else ""),
            (_("Where it stands"), page.status),
            (_("Doctor"), page.names("generalPractitioner")),
        ],
    )
    yield Section(_("How to reach you"), _contacts(page))


def _names(page: Page) -> list[Fact]:
    """The one that they go by, then the others, each as what it is."""
    first, *others = words.names_in_order(page.resource) or [{}]
    labels = ((_("Old name") if words.is_former(one) else _("Other name"), one) for one in others)
    several = [(_("Name"), first), *labels]
    return [(label, words.person_name(one)) for label, one in several]


def _contacts(page: Page) -> list[Fact]:
    labels = {"phone": _("Phone"), "email": _("E-mail"), "fax": _("Fax"), "sms": _("Text message")}
    ways = [
        (labels.get(words.text(one.get("system")), _("Contact")), words.text(one.get("value")), one)
        for one in page.parts("telecom")
    ]
    ways += [(_("Address"), words.address(one), one) for one in page.parts("address")]
    ways.sort(key=lambda way: words.is_former(way[2]))
    return [
        (_("%s (old)") % label if words.is_former(one) else label, said)
        for label, said, one in ways
    ]


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
