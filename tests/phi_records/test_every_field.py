"""Every field that the page of a record without its own page can name has an everyday word."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.utils import translation
from fhir.resources.R4B import get_fhir_model_class

from phi_records.fhir import statuses, words
from phi_records.fhir.kinds import DIRECTORY_TYPES
from phi_records.fhir.plain import describe, summarise
from phi_records.fhir.sections import PAGES
from phi_records.fhir.sections.other import HIDDEN
from phi_records.fhir.types import RESOURCE_TYPES
from phi_records.fhir.words.labels import without_type
from phi_records.fhir.words.labels.fields import FIELDS
from phi_records.fhir.words.labels.kinds import KINDS

# Set aside by the importer: a bundle in a bundle, and a note from the sender's system.
SET_ASIDE = {"Bundle", "OperationOutcome"}
# What is defined for everyone, and how systems talk. None names a patient, so the importer sets
# aside what comes alone; only a bundle of one person may bring one along.
DEFINITIONS = set(
    """
    ActivityDefinition CapabilityStatement CatalogEntry ChargeItemDefinition CodeSystem
    CompartmentDefinition ConceptMap DeviceDefinition EffectEvidenceSynthesis EventDefinition
    Evidence EvidenceVariable ExampleScenario GraphDefinition ImplementationGuide Library Measure
    MedicationKnowledge MessageDefinition NamingSystem ObservationDefinition OperationDefinition
    Parameters PlanDefinition Questionnaire ResearchDefinition ResearchElementDefinition
    RiskEvidenceSynthesis SearchParameter SpecimenDefinition StructureDefinition StructureMap
    Subscription TerminologyCapabilities TestReport TestScript ValueSet
    """.split()  # noqa: SIM905
)
# What medicines and substances are, for those who license them; R4B has other ones.
LICENSED = {one for one in RESOURCE_TYPES if re.match("MedicinalProduct|Substance.", one)}
MET = sorted(RESOURCE_TYPES - PAGES.keys() - DIRECTORY_TYPES - SET_ASIDE - DEFINITIONS - LICENSED)
# Said in one line wherever they stand, or never shown.
NO_PARTS = {"Extension", "Meta", "Narrative", "Reference", "Resource"}

# Whose list of states the library leaves open.
OF_RESULTS = "registered preliminary final amended corrected cancelled entered-in-error unknown"

OPEN = {
    "DetectedIssue": OF_RESULTS,
    "DeviceUseStatement": "active completed entered-in-error intended stopped on-hold",
    "RiskAssessment": OF_RESULTS,
    "SupplyRequest": "draft active suspended cancelled completed entered-in-error unknown",
    "Task": "accepted rejected ready failed in-progress on-hold completed cancelled",
}
# The same in Spanish, or not of any language.
SAME = {"precheckBehavior.no", "scale.celsius", "scale.kelvin", "status.final", "type.editor"}


class Field(NamedTuple):
    kind: str
    parent: str
    key: str
    is_choice: bool
    codes: tuple[str, ...]


def fields_of(kind: str) -> Iterator[Field]:
    """Also of its parts and of the data types in it, each under the field that holds it."""
    todo, seen = [(kind, "")], set()
    while todo:
        model, parent = todo.pop()
        if (model, parent) in seen:
            continue
        seen.add((model, parent))
        for name, field in get_fhir_model_class(model).model_fields.items():
            about: Any = field.json_schema_extra or {}
            key = field.alias or name
            # The narrative.
            is_told = key not in HIDDEN and (key != "text" or bool(parent))
            if name.endswith("__ext") or name == "fhir_comments" or not is_told:
                continue
            codes = tuple(one for one in about.get("enum_values") or () if one.islower())
            yield Field(kind, parent, key, "one_of_many" in about, codes)
            held = re.search(r"abc\.(\w+)Type\b", str(field.annotation))
            if held and held[1] not in NO_PARTS:
                todo.append((held[1], key))


@pytest.mark.parametrize("kind", MET)
def test_every_field_has_an_everyday_word(kind: str) -> None:
    bare = {
        f"{one.parent}.{one.key}"
        for one in fields_of(kind)
        if not words.field_word(one.key, kind, one.parent)
    }
    assert bare == set()
    assert kind in KINDS


@pytest.mark.parametrize("kind", MET)
def test_only_a_choice_of_types_goes_by_the_name_of_the_choice(kind: str) -> None:
    """The date of a payment is not called "Payment"."""
    told = [
        one
        for one in fields_of(kind)
        if not re.search("^value|(Reference|Concept|Canonical|Uri|Code)$", one.key)
    ]
    for one in told:
        bare = without_type(one.key)
        places = (f"{kind}.{one.parent}.", f"{kind}.", f"{one.parent}.", "")
        if bare != one.key and not one.is_choice:
            assert any(place + one.key in FIELDS for place in places), one


@pytest.mark.parametrize("kind", MET)
def test_every_code_of_a_fixed_set_is_said_in_words(kind: str) -> None:
    with translation.override("es"):
        bare = {
            f"{one.key}.{code}"
            for one in fields_of(kind)
            for code in (*one.codes, *(OPEN.get(kind, "").split() if one.key == "status" else ()))
            if said(one, code) in ("", words.plain_code(code))
        }
    assert bare - SAME == set()


def said(one: Field, code: str) -> str:
    if one.key == "status" and not one.parent:
        found = statuses.status_of({"resourceType": one.kind, "status": code})[0]
        # That nothing is known of it says nothing.
        return found or ("-" if code in ("unknown", "completed") else "")
    [shown] = [shown for key, shown in facts(one.key, code)]
    return shown


def facts(key: str, code: Any) -> list[tuple[str, str]]:
    page = describe({"resourceType": "Basic", "part": {key: code}})
    return [fact for section in page for fact in section.facts]


@pytest.mark.parametrize(
    ("kind", "parent", "key", "said", "spanish"),
    [
        ("Specimen", "", "condition", "State of the sample", "Estado de la muestra"),
        ("FamilyMemberHistory", "", "condition", "Condition", "Problema de salud"),
        (
            "Account",
            "coverage",
            "priority",
            "Order in which coverages pay",
            "Orden en que pagan las coberturas",
        ),
        ("ServiceRequest", "", "priority", "How urgent", "Qué tan urgente"),
        ("Communication", "", "sent", "Time of sending", "Momento de envío"),
        ("SupplyRequest", "", "deliverTo", "Place to send it to", "Lugar adonde se envía"),
        ("PaymentNotice", "", "paymentDate", "Day of the payment", "Día del pago"),
        ("Task", "occurrenceTiming", "event", "When", "Cuándo"),
    ],
)
def test_a_field_is_named_by_what_it_means_in_its_kind(
    kind: str, parent: str, key: str, said: str, spanish: str
) -> None:
    assert words.label(key, kind, parent) == said
    with translation.override("es"):
        assert words.label(key, kind, parent) == spanish


def test_a_field_is_named_so_on_its_page() -> None:
    sample = {"resourceType": "Specimen", "condition": [{"text": "Warm"}]}
    account = {
        "resourceType": "Account",
        "coverage": [{"priority": 1, "coverage": {"display": "Cedar"}}],
    }
    told = [fact for one in (sample, account) for part in describe(one) for fact in part.facts]
    assert ("State of the sample", "Warm") in told
    assert ("Order in which coverages pay", "1") in told


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("Communication", "not-done", "Not sent"),
        ("Communication", "stopped", "Stopped before all was sent"),
        ("SupplyDelivery", "abandoned", "Given up, not all was delivered"),
        ("ChargeItem", "aborted", "Stopped before the end"),
        ("Media", "not-done", "Not done"),
        ("Task", "failed", "It did not work"),
        ("Invoice", "balanced", "Settled"),
    ],
)
def test_a_state_says_what_did_not_happen(kind: str, status: str, said: str) -> None:
    assert statuses.status_of({"resourceType": kind, "status": status})[0] == said


@pytest.mark.parametrize(
    ("resource", "title"),
    [
        ({"resourceType": "MolecularSequence", "type": "dna"}, "Gene test"),
        ({"resourceType": "MeasureReport", "type": "individual"}, "Report on care"),
        (
            {"resourceType": "Invoice", "type": {"coding": [{"code": "R", "display": "R"}]}},
            "Invoice (code R)",
        ),
        (
            {"resourceType": "Account", "description": "Of this year", "name": "Bills"},
            "Bills",
        ),
        (
            {"resourceType": "Communication", "category": [{"coding": [{"code": "reminder"}]}]},
            "Message: Reminder",
        ),
        ({"resourceType": "Specimen", "type": {"text": "Blood"}}, "Sample: Blood"),
    ],
)
def test_no_title_is_a_raw_code(resource: dict[str, Any], title: str) -> None:
    assert summarise(resource).title == title


@pytest.mark.parametrize(
    ("key", "coding", "said"),
    [
        ("sex", {"code": "F"}, "Female"),
        ("priority", {"code": "R", "display": "R"}, "Routine"),
        ("dataAbsentReason", {"code": "subject-unknown"}, "The person does not know"),
        ("outcome", {"code": "resolvedWithSequelae"}, "Gone, with lasting effects"),
        ("type", {"code": "chronic-care"}, "Chronic care"),
        ("type", {"code": "XQ", "display": "XQ"}, "Code XQ"),
        ("type", {"code": "PBILL", "display": "Bills"}, "Bills"),
    ],
)
def test_a_bare_code_is_said_in_words_or_as_a_code(
    key: str, coding: dict[str, str], said: str
) -> None:
    [(_label, shown)] = facts(key, {"coding": [coding]})
    assert shown == said


@pytest.mark.parametrize("unit", ["min", "mins", "minute", "minutes", "Minutes"])
def test_a_unit_of_time_is_said_in_one_way(unit: str) -> None:
    assert words.quantity({"value": 30, "unit": unit}) == "30 minutes"
    assert words.quantity({"value": 1, "unit": unit}) == "1 minute"


def test_other_units_of_time_too() -> None:
    said = [words.quantity({"value": 2, "unit": one}) for one in ("s", "hrs", "wks", "mos", "yrs")]
    assert said == ["2 seconds", "2 hours", "2 weeks", "2 months", "2 years"]
    # Diopters.
    assert words.quantity({"value": 2, "unit": "D"}) == "2 D"
