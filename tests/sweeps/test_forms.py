"""Every form of the product speaks in our words, and cuts nothing that someone pastes."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from django import forms

APPS = ("accounts", "consents", "disclosures", "phi_records", "messaging", "portal")
DJANGOS = ("Ensure this", "This field is", "Enter a valid", "Select a valid", "Null characters")


def all_forms() -> Iterator[type[forms.BaseForm]]:
    for app in APPS:
        for found in pkgutil.walk_packages([app], f"{app}."):
            if found.name.rpartition(".")[2].endswith("forms") or found.name.endswith("once_form"):
                module = importlib.import_module(found.name)
                for one in vars(module).values():
                    a_form = isinstance(one, type) and issubclass(one, forms.BaseForm)
                    if a_form and one.__module__ == found.name:
                        yield one


FORMS = {one.__qualname__: one for one in all_forms()}
FIELDS = {
    f"{name}.{field}": found
    for name, form in FORMS.items()
    for field, found in form.base_fields.items()
}


def test_the_sweep_sees_forms_of_every_kind() -> None:
    known = {"ComposeForm", "DisclosureForm", "ReportForm", "SignInForm", "NotMeForm", "MailForm"}
    assert known <= set(FORMS)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_field_says_what_to_do(name: str) -> None:
    field = FIELDS[name]
    said = [str(text) for text in field.error_messages.values()]
    said += [str(getattr(check, "message", "")) for check in field.validators]
    assert [text for text in said if text.startswith(DJANGOS)] == []


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_no_box_for_many_words_cuts_them(name: str) -> None:
    field = FIELDS[name]
    if isinstance(field.widget, forms.Textarea):
        assert "maxlength" not in field.widget.attrs
