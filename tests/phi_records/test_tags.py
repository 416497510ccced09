"""Sensitive records: known at import by code, label or medicine, and left out where rules cut."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.http import Http404
from django.urls import reverse

from accounts.models import Member, User
from consents.question import Tag
from phi_records import access, marks, parts
from phi_records.door import own_file
from phi_records.fhir import exact
from phi_records.fhir.reader import Entry, Problem, files, read
from phi_records.fhir.tags import tags_of
from phi_records.models import RecordItem, StaffTag
from portal.base import context
from portal.base.audit.models import Event
from portal.base.jobs import runner
from tests import factories
from tests.phi_records.bundles import bundle, load, load_for, observation, patient
from tests.phi_records.test_copies import ask, taken
from tests.phi_records.test_fhir_reader import REAL_DATA, needs_real_data

ICD, SNOMED, LOINC = (
    "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct", "http://loinc.org",
)  # fmt: skip
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
POS = "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
CPT, ICD_9 = "http://www.ama-assn.org/go/cpt", "http://hl7.org/fhir/sid/icd-9-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"


def about(type: str, **fields: Any) -> dict[str, Any]:
    return {"resourceType": type, "id": "x", "subject": {"reference": "Patient/p1"}, **fields}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def labelled(code: str) -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
    return about("DocumentReference", meta={"security": [{"system": system, "code": code}]})


def named(label: str) -> dict[str, Any]:
    return about("Observation", meta={"security": [{"display": label}]})


def pharmacy_claim(text: str) -> dict[str, Any]:
    product = {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "1"}], "text": text}
    return about("ExplanationOfBenefit", item=[{"sequence": 1, "productOrService": product}])


def medicine(name: str) -> dict[str, Any]:
    return about("MedicationRequest", medicationCodeableConcept={"text": name})


def inside(field: str, **label: Any) -> dict[str, Any]:
    """A label on one element, as HL7's guide to labelling puts it."""
    url = (
        "http://hl7.org/fhir/uv/security-label-ds4p/StructureDefinition/extension-inline-sec-label"
    )
    part = {"extension": [{"url": url, **label}]}
    return about("Observation", **{field: part if field.startswith("_") else [part]})


@pytest.mark.promise("AL2")
@pytest.mark.parametrize(
    ("resource", "tag"),
    [
        (about("Condition", code=coded(ICD, "F11.20")), Tag.PART2),
        (about("Condition", code=coded(ICD, "T40.1X1A")), Tag.PART2),
        (
            about("Observation", component=[{"valueCodeableConcept": coded(ICD, "T405X1A")}]),
            Tag.PART2,
        ),
        (about("Condition", code=coded(SNOMED, "7200002")), Tag.PART2),
        # The diagnosis shows in something else alone.
        (about("Observation", code=coded(LOINC, "75626-2")), Tag.PART2),
        (about("Procedure", code=coded(HCPCS, "H0020")), Tag.PART2),
        (medicine("Buprenorphine 2 MG / Naloxone 0.5 MG Sublingual Tablet"), Tag.PART2),
        (
            about("Claim", diagnosis=[{"diagnosisCodeableConcept": coded(ICD, "F10.10")}]),
            Tag.PART2,
        ),
        (
            about("ExplanationOfBenefit", item=[{"productOrService": coded(HCPCS, "G2067")}]),
            Tag.PART2,
        ),
        (labelled("ETH"), Tag.PART2),
        (labelled("SUDPN"), Tag.SUD_NOTES),
        (about("Condition", code=coded(ICD, "F32.9")), Tag.MENTAL_HEALTH),
        (about("Observation", code=coded(LOINC, "44261-6")), Tag.MENTAL_HEALTH),
        (medicine("sertraline 50 MG Oral Tablet"), Tag.MENTAL_HEALTH),
        (labelled("PSY"), Tag.MENTAL_HEALTH),
        (labelled("PSYTHPN"), Tag.PSYCHOTHERAPY_NOTES),
        (about("Condition", code=coded("urn:oid:2.16.840.1.113883.6.96", "86406008")), Tag.HIV),
        (about("Observation", code=coded(LOINC, "56888-1")), Tag.HIV),
        (medicine("dolutegravir 50 MG"), Tag.HIV),
        (about("Encounter", reasonCode=[coded(ICD, "O09.90")]), Tag.REPRODUCTIVE),
        (about("Procedure", code=coded(SNOMED, "714812005")), Tag.REPRODUCTIVE),
        (about("Observation", code=coded(LOINC, "81247-9")), Tag.GENETIC),
        (labelled("ADOL"), Tag.MINOR_CONFIDENTIAL),
        (labelled("NOPAT"), Tag.ENDANGERMENT_HOLD),
        (inside("note", valueCoding={"code": "NOPAT"}), Tag.ENDANGERMENT_HOLD),
        (inside("_valueString", valueCoding={"code": "PSYTHPN"}), Tag.PSYCHOTHERAPY_NOTES),
        (inside("note", valueCodeableConcept=coded("x", "ETH")), Tag.PART2),
        (inside("note", valueCoding="NOPAT"), None),
        (about("Observation", code=coded(LOINC, "55277-8")), Tag.HIV),
        (about("Procedure", code=coded(SNOMED, "60112009")), Tag.PART2),
        (about("DocumentReference", securityLabel=[coded("x", "42CFRPart2")]), Tag.PART2),
        (medicine("Suboxone 8 MG Sublingual Film"), Tag.PART2),
        (medicine("Biktarvy"), Tag.HIV),
        (pharmacy_claim("buprenorphine naloxone film"), Tag.PART2),
        (about("Condition", code=coded(SNOMED, "195662009")), None),
        (about("Condition", code=coded(ICD, "J45.909")), None),
        # The same code of another system is another thing.
        (about("Observation", code=coded(LOINC, "7200002")), None),
        (labelled("R"), None),
        # Sources write labels small, or by name.
        (labelled("nopat"), Tag.ENDANGERMENT_HOLD),
        (inside("note", valueCoding={"code": "psythpn"}), Tag.PSYCHOTHERAPY_NOTES),
        (about("Observation", securityLabel=[{"text": "eth"}]), Tag.PART2),
        (named("HIV/AIDS  Information Sensitivity"), Tag.HIV),
        (named("psychotherapy note information sensitivity"), Tag.PSYCHOTHERAPY_NOTES),
        (named("substance use disorder information sensitivity"), Tag.PART2),
        (
            named(
                "no disclosure to patient, family or caregivers without attending provider's "
                "authorization"
            ),
            Tag.ENDANGERMENT_HOLD,
        ),
        (inside("note", valueCoding={"display": "HIV"}), Tag.HIV),
        (named("restricted"), None),
    ],
    ids=lambda one: str(one if isinstance(one, Tag) else one and one["resourceType"]),
)
def test_each_tag_is_known_by_code_label_or_medicine(
    resource: dict[str, Any], tag: Tag | None
) -> None:
    assert tags_of(resource, exact.dumps(resource)) == ({tag} if tag else set())


def tags(resource: dict[str, Any]) -> frozenset[Tag]:
    return tags_of(resource, exact.dumps(resource))


def billed(system: str, code: str) -> dict[str, Any]:
    return about("Claim", item=[{"sequence": 1, "productOrService": coded(system, code)}])


@pytest.mark.promise("AL2")
@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("99408", Tag.PART2), ("H2035", Tag.PART2), ("T1012", Tag.PART2), ("G0396", Tag.PART2),
        ("H0003", Tag.PART2), ("G2080", Tag.PART2), ("Q9991", Tag.PART2),
        ("86703", Tag.HIV), ("87389", Tag.HIV), ("87536", Tag.HIV), ("G0475", Tag.HIV),
        ("58300", Tag.REPRODUCTIVE), ("59400", Tag.REPRODUCTIVE), ("59841", Tag.REPRODUCTIVE),
        ("11981", Tag.REPRODUCTIVE), ("J7297", Tag.REPRODUCTIVE), ("S4993", Tag.REPRODUCTIVE),
        ("90837", Tag.MENTAL_HEALTH), ("90785", Tag.MENTAL_HEALTH), ("96127", Tag.MENTAL_HEALTH),
        ("90899", Tag.MENTAL_HEALTH), ("H2017", Tag.MENTAL_HEALTH),
        ("81162", Tag.GENETIC), ("81408", Tag.GENETIC), ("96040", Tag.GENETIC),
        ("S3870", Tag.GENETIC),
        # A visit, a tobacco counselling, vaccines beside psychiatry, a drug test of anybody.
        ("99213", None), ("99406", None), ("90756", None), ("90901", None), ("80307", None),
        ("58999", None), ("81479", Tag.GENETIC), ("81490", None),
    ],
)  # fmt: skip
def test_what_was_billed_tells_by_its_code(code: str, tag: Tag | None) -> None:
    # Payers write both under either name: the first level of HCPCS is CPT.
    for system in (CPT, HCPCS, HCPCS.replace("https", "http"), "urn:oid:2.16.840.1.113883.6.12",
                   "urn:oid:2.16.840.1.113883.6.285"):  # fmt: skip
        assert tags(billed(system, code)) == ({tag} if tag else set())
    assert tags(about("Observation", code=coded(LOINC, code))) == set()


def test_a_bill_of_a_hospital_tells_by_its_revenue_code() -> None:
    system = "https://www.nubc.org/CodeSystem/RevenueCodes"
    for code, tag in (("0945", Tag.PART2), ("0914", Tag.MENTAL_HEALTH), ("0722", Tag.REPRODUCTIVE)):
        assert tags(about("Claim", item=[{"revenue": coded(system, code)}])) == {tag}
    assert tags(about("Claim", item=[{"revenue": coded(system, "0450")}])) == set()


@pytest.mark.promise("AL2")
@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("303.90", Tag.PART2), ("30390", Tag.PART2), ("304.00", Tag.PART2), ("305.00", Tag.PART2),
        ("291.81", Tag.PART2), ("042", Tag.HIV), ("V08", Tag.HIV), ("795.71", Tag.HIV),
        ("296.20", Tag.MENTAL_HEALTH), ("311", Tag.MENTAL_HEALTH), ("V62.84", Tag.MENTAL_HEALTH),
        ("650", Tag.REPRODUCTIVE), ("V25.09", Tag.REPRODUCTIVE), ("635.92", Tag.REPRODUCTIVE),
        ("V84.01", Tag.GENETIC),
        # Tobacco, dementia, a development that is slow, asthma.
        ("305.1", None), ("290.0", None), ("317", None), ("493.90", None), ("V80", None),
    ],
)  # fmt: skip
def test_a_diagnosis_of_icd_9_tells_too(code: str, tag: Tag | None) -> None:
    for system in (ICD_9, "urn:oid:2.16.840.1.113883.6.103"):
        assert tags(about("Condition", code=coded(system, code))) == ({tag} if tag else set())
    assert tags(about("Observation", code=coded("http://hl7.org/fhir/sid/cvx", code))) == set()


@pytest.mark.parametrize(
    ("system", "code", "tag"),
    [
        ("urn:oid:2.16.840.1.113883.6.90", "F11.20", Tag.PART2),
        ("urn:oid:2.16.840.1.113883.6.90", "F1120", Tag.PART2),
        ("2.16.840.1.113883.6.90", "F1120", Tag.PART2),
        ("http://hl7.org/fhir/sid/icd-10", "F1120", Tag.PART2),
        ("http://snomed.info/sct/731000124108", "7200002", Tag.PART2),
        ("urn:oid:2.16.840.1.113883.6.96", "7200002", Tag.PART2),
        ("urn:oid:2.16.840.1.113883.6.1", "75626-2", Tag.PART2),
        ("urn:oid:2.16.840.1.113883.6.88", "6813", Tag.PART2),
        ("https://loinc.org/", "75626-2", Tag.PART2),
        # Operations of ICD-10 (PCS): F13 there is about hearing.
        ("http://hl7.org/fhir/sid/icd-10-pcs", "F13Z01Z", None),
        ("http://www.cms.gov/Medicare/Coding/ICD10", "F13Z01Z", None),
        ("http://hl7.org/fhir/sid/icd-10-pcs", "HZ2ZZZZ", Tag.PART2),
        ("http://hl7.org/fhir/sid/icd-10-pcs", "10D00Z1", Tag.REPRODUCTIVE),
    ],
)
def test_a_system_is_known_by_each_of_its_names(system: str, code: str, tag: Tag | None) -> None:
    assert tags(about("Condition", code=coded(system, code))) == ({tag} if tag else set())


def test_drugs_and_a_birth_are_both_told() -> None:
    for code in ("O99.324", "O99.320", "O99.315"):
        assert tags(about("Condition", code=coded(ICD, code))) == {Tag.REPRODUCTIVE, Tag.PART2}
    assert tags(about("Condition", code=coded(ICD, "O99.334"))) == {Tag.REPRODUCTIVE}
    assert tags(about("Condition", code=coded(ICD_9, "648.30"))) == {Tag.REPRODUCTIVE, Tag.PART2}


@pytest.mark.promise("AL2")
@pytest.mark.parametrize(
    ("resource", "tag"),
    [
        (about("Condition", code={"coding": [{"code": "F11.20"}]}), Tag.PART2),
        (about("Condition", code={"coding": [{"code": "Z21"}]}), Tag.HIV),
        (about("Condition", code={"coding": [{"code": "B20"}]}), Tag.HIV),
        (about("Condition", code=coded("urn:oid:1.2.3.4", "F11.20")), Tag.PART2),
        (about("Condition", code={"text": "F11.20"}), Tag.PART2),
        (about("Condition", code={"text": "Opioid dependence (F11.20)"}), Tag.PART2),
        (about("Observation", valueString="B20"), Tag.HIV),
        (about("Observation", valueString="F33.1, recurrent"), Tag.MENTAL_HEALTH),
        (about("Condition", code={"coding": [{"code": "F1120"}]}), Tag.PART2),
        (about("Condition", code={"text": "F1120"}), Tag.PART2),
        (about("Observation", valueString="O9989"), Tag.REPRODUCTIVE),
        (about("Communication", payload=[{"contentString": "Asked of F11.20"}]), Tag.PART2),
        (about("ClinicalImpression", summary="F11.20, stable"), Tag.PART2),
        (about("ClaimResponse", disposition="Denied: F11.20"), Tag.PART2),
        (about("Condition", code=coded("urn:oid:1.2.3.4", "F1120")), None),
        (about("Observation", valueString="form F1120"), None),
        (about("Device", lotNumber="F1120", identifier=[{"value": "F1120"}]), None),
        (about("DiagnosticReport", conclusion="See O09.90."), Tag.REPRODUCTIVE),
        # In a system of its own it means that system's thing.
        (about("Condition", code=coded("urn:oid:1.2.3.4", "Z21")), None),
        (about("Observation", valueString="Vitamin B12 and form F11 in room B20"), None),
        (about("Observation", valueString="ratio 1F11.205 of XB20.1"), None),
        (about("Observation", valueString="f11.20"), None),
        (about("Condition", code={"text": "J45.909"}), None),
        (about("Immunization", lotNumber="F11.20"), None),
        (about("Immunization", lotNumber="B20"), None),
        (about("Device", identifier=[{"value": "F11.20"}], serialNumber="Z21"), None),
        (about("Observation", code={"coding": [{"code": "F17.210"}]}), None),
    ],
    ids=str,
)
def test_a_code_of_unmistakable_shape_needs_no_system(
    resource: dict[str, Any], tag: Tag | None
) -> None:
    assert tags(resource) == ({tag} if tag else set())


@pytest.mark.parametrize(
    ("code", "tag"),
    [
        ("1819", Tag.PART2), ("351266", Tag.PART2), ("7243", Tag.PART2),
        ("1433868", Tag.HIV), ("1999673", Tag.HIV), ("2626", Tag.MENTAL_HEALTH),
        ("807283", Tag.REPRODUCTIVE), ("725", Tag.MENTAL_HEALTH), ("42347", Tag.MENTAL_HEALTH),
        ("42331", Tag.REPRODUCTIVE), ("7242", None), ("6809", None),
    ],
)  # fmt: skip
def test_a_medicine_is_known_by_its_number_alone(code: str, tag: Tag | None) -> None:
    resource = about("MedicationRequest", medicationCodeableConcept=coded(RXNORM, code))
    assert tags(resource) == ({tag} if tag else set())


FILM, NDC = "buprenorphine 8 MG / naloxone 2 MG film", "http://hl7.org/fhir/sid/ndc"


def product(**concept: Any) -> dict[str, Any]:
    return about("Claim", item=[{"sequence": 1, "productOrService": concept}])


@pytest.mark.promise("AL2")
@pytest.mark.parametrize(
    "resource",
    [
        *(
            product(coding=[{"system": system, "code": "1", "display": FILM}])
            for system in (
                NDC, NDC.replace("http", "https"), "urn:oid:2.16.840.1.113883.6.69", RXNORM, "NDC",
            )
        ),
        product(coding=[{"code": "00093572156", "display": FILM}]),
        product(text=FILM),
        product(text=f'The \\ "film": {FILM}'),
        about("ExplanationOfBenefit", item=[{"detail": [{"productOrService": {"text": FILM}}]}]),
        about("CarePlan", activity=[{"detail": {"productCodeableConcept": {"text": FILM}}}]),
        about("AllergyIntolerance", code={"coding": [{"system": RXNORM, "display": FILM}]}),
    ],
    ids=str,
)  # fmt: skip
def test_a_medicine_is_known_by_its_name_however_it_is_numbered(resource: dict[str, Any]) -> None:
    assert tags(resource) == {Tag.PART2}
    other = json.loads(exact.dumps(resource).replace("buprenorphine", "amoxicillin"))
    assert tags(other) == set()


def test_a_test_for_a_drug_is_of_anybody() -> None:
    assert tags(about("Observation", code={"text": "Buprenorphine in urine"})) == set()


def test_a_birth_is_the_mothers_and_not_the_newborns() -> None:
    for system, newborn, mothers in ((ICD, "Z38.00", "Z37.0"), (ICD_9, "V30.00", "V27.0")):
        assert tags(about("Condition", code=coded(system, newborn))) == set()
        assert tags(about("Condition", code=coded(system, mothers))) == {Tag.REPRODUCTIVE}


# What no list may lose, once more by hand.
MUST: dict[Tag, dict[str, str]] = {
    Tag.PART2: {
        ICD: "F10 F11 F12 F13 F14 F15 F16 F18 F19",
        SNOMED: "7200002 5602001 55680006 66214007 75544000 191816009",
        HCPCS: "H0001 H0005 H0006 H0014 H0015 H0020 G2067 G2086 J2315",
        CPT: "99408 99409",
    },
    Tag.MENTAL_HEALTH: {
        ICD: "F20 F25 F29 F31 F32 F33 F40 F41 F43 F50 F60 F90 R45.851",
        SNOMED: "35489007 370143000 13746004 58214004 47505003",
        CPT: "90791 90832 90834 90837 90853",
    },
    Tag.HIV: {
        ICD: "B20 Z21 R75 Z11.4 Z20.6 Z71.7 O98.7",
        LOINC: "56888-1 75622-1 7917-8 24467-3 20447-9 25836-8 55277-8 7918-6 68961-2 29893-5 "
        "30361-0 25835-0",
        SNOMED: "86406008 62479008 165816005",
        CPT: "86689 86701 86702 86703 87389 87390 87534 87535 87536 87806",
    },
    Tag.REPRODUCTIVE: {
        ICD: "O00 O04 O09 O80 O9A Z30 Z31 Z32 Z33 Z34 Z36 Z37 Z39 N96 N97",
        SNOMED: "72892002 714812005 386394001",
        LOINC: "2106-3 2110-5 21198-7",
        CPT: "58300 59400 59510 59840 59841",
    },
    Tag.GENETIC: {ICD: "Z14 Z15 Z31.5", CPT: "81162 81408"},
}


@pytest.mark.promise("AL2")
@pytest.mark.parametrize(
    ("tag", "system", "code"),
    [
        (tag, system, code)
        for tag, systems in MUST.items()
        for system, several in systems.items()
        for code in several.split()
    ],
)
def test_what_no_list_may_lose(tag: Tag, system: str, code: str) -> None:
    assert tag in tags(about("Observation", code=coded(system, code)))


@pytest.mark.promise("AL2")
@pytest.mark.parametrize(
    ("tag", "names"),
    [
        (Tag.PART2, "buprenorphine methadone naltrexone disulfiram acamprosate suboxone vivitrol"),
        (Tag.MENTAL_HEALTH, "sertraline lithium quetiapine olanzapine clozapine zoloft abilify"),
        (Tag.HIV, "dolutegravir bictegravir darunavir zidovudine biktarvy truvada descovy"),
        (Tag.REPRODUCTIVE, "mifepristone misoprostol levonorgestrel ethinyl ulipristal mirena"),
        # The same ingredient by another name, or another of its class.
        (
            Tag.MENTAL_HEALTH,
            "vyvanse adderall dextroamphetamine amphetamine focalin daytrana qelbree",
        ),
        (
            Tag.MENTAL_HEALTH,
            "bupropion wellbutrin trazodone nortriptyline cymbalta remeron alprazolam",
        ),
        (Tag.MENTAL_HEALTH, "chlorpromazine symbyax aristada saphris cobenfy"),
        (Tag.PART2, "methadose dolophine lucemyra"),
        (Tag.HIV, "tenofovir viread epivir cobicistat norvir"),
        (Tag.REPRODUCTIVE, "sprintec yaz microgestin provera clomid follistim oxytocin prenatal"),
    ],
)
def test_medicines_that_no_list_may_lose(tag: Tag, names: str) -> None:
    for name in names.split():
        assert tags(medicine(name)) == {tag}


@pytest.mark.parametrize(
    "name",
    [
        "nirmatrelvir / ritonavir",
        "clonazepam",
        "lamotrigine",
        "naloxone",
        "varenicline",
        "entecavir",
    ],
)
def test_a_medicine_that_is_as_often_for_something_else_tells_nothing(name: str) -> None:
    assert tags(medicine(name)) == set()


@pytest.mark.promise("AL2")
@pytest.mark.parametrize(
    ("tag", "said"),
    [
        (Tag.HIV, "HIV 1 and 2 antibodies (screen)"),
        (Tag.HIV, "Prueba de VIH"),
        (Tag.MENTAL_HEALTH, "Bipolar disorder, type 1"),
        (Tag.REPRODUCTIVE, "Induced abortion"),
        (Tag.PART2, "Opioid use disorder, on treatment"),
        (Tag.PART2, "Amphetamine dependence"),
    ],
)
def test_a_word_tells_what_no_code_on_a_list_does(tag: Tag, said: str) -> None:
    assert tags(about("Observation", code={"text": said})) == {tag}
    unknown = {"coding": [{"system": "http://loinc.org", "code": "0-0", "display": said}]}
    assert tags(about("Procedure", code=unknown)) == {tag}


@pytest.mark.promise("AL2")
def test_papers_and_answers_tell_by_their_text_and_their_form() -> None:
    paper = about("Composition", text={"status": "generated", "div": '<p>Suboxone, "daily"</p>'})
    assert tags(paper) == {Tag.PART2}
    told = about("DocumentReference", description="Tested for HIV")
    assert tags(told) == {Tag.HIV}
    answers = about("QuestionnaireResponse", questionnaire="http://loinc.org/q/44249-1")
    assert tags(answers) == {Tag.MENTAL_HEALTH}
    bill = about("ExplanationOfBenefit", item=[{"locationCodeableConcept": coded(POS, "55")}])
    assert tags(bill) == {Tag.PART2}


def test_a_part_of_a_word_tells_nothing() -> None:
    assert tags(about("Observation", code={"text": "Archive of shivering"})) == set()


def test_a_label_inside_holds_for_what_it_is_in() -> None:
    inside = {"resourceType": "Medication", "id": "m", "meta": {"security": [{"code": "ETH"}]}}
    assert tags(about("MedicationRequest", contained=[inside])) == {Tag.PART2}


def test_a_medicine_inside_tells() -> None:
    inside = {"resourceType": "Medication", "id": "m", "code": coded(RXNORM, "1819")}
    named = {"resourceType": "Medication", "id": "m", "code": {"text": "buprenorphine film"}}
    for one in (inside, named):
        asked = about("MedicationRequest", contained=[one], medicationReference={"reference": "#m"})
        assert tags(asked) == {Tag.PART2}


def labelled_bundle(folder: Path, label: Any, *resources: dict[str, Any]) -> Path:
    made = {**json.loads(bundle(*resources)), "meta": {"security": [label]}}
    # After the entries: a stream sees it last.
    (folder / "labelled.json").write_text(json.dumps(dict(sorted(made.items()))))
    return folder / "labelled.json"


@pytest.mark.promise("AL2")
@pytest.mark.parametrize("streamed", [False, True])
def test_a_label_on_a_bundle_holds_for_every_record_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    if streamed:
        monkeypatch.setattr(files, "WHOLE_UP_TO", 10)
    clinic = {"resourceType": "Organization", "id": "c1", "name": "Clinic"}
    own = observed("o2", "Canary own", meta={"security": [{"code": "HIV"}], "source": "x"})
    path = labelled_bundle(tmp_path, {"code": "ETH"}, PLAIN, own, clinic)
    [unit] = list(read([path]))
    by_id = {one.id: one.resource for one in unit if isinstance(one, Entry)}
    assert tags(by_id["o1"]) == {Tag.PART2}
    assert tags(by_id["o2"]) == {Tag.PART2, Tag.HIV}
    assert by_id["o2"]["meta"]["source"] == "x"
    # About no member, and not sealed.
    assert "meta" not in by_id["c1"]
    path.write_text(bundle(PLAIN))
    [unit] = list(read([path]))
    assert [tags(one.resource) for one in unit if isinstance(one, Entry)] == [frozenset()]


def test_a_label_that_cant_be_stored_sets_what_it_labels_aside(tmp_path: Path) -> None:
    path = labelled_bundle(tmp_path, {"code": "ETH", "display": "a\x00b"}, PLAIN)
    [unit] = list(read([path]))
    assert [one.reason for one in unit if isinstance(one, Problem)] == [
        "The text in “display” holds a character that cannot be stored."
    ]


def test_a_bundles_label_is_still_there_when_somebody_looks_again(
    member: Member, tmp_path: Path
) -> None:
    with context.system("test"):
        number = Member.objects.get(pk=member.pk).member_number
    load(member.plan, labelled_bundle(tmp_path, {"code": "ETH"}, patient(number), PLAIN))
    assert rows(member)["o1"][1] == {Tag.PART2}
    call_command("tag_records", "--plan", member.plan.slug, stdout=StringIO(), stderr=StringIO())
    assert rows(member)["o1"][1] == {Tag.PART2}


@needs_real_data
def test_records_made_by_others_have_tags() -> None:
    found = {
        (tag, item.type)
        for unit in list(read([REAL_DATA / "fhir"]))
        for item in unit
        if isinstance(item, Entry)
        for tag in tags_of(item.resource, exact.dumps(item.resource))
    }
    for expected in (
        (Tag.PART2, "Condition"), (Tag.PART2, "Procedure"), (Tag.MENTAL_HEALTH, "Observation"),
        (Tag.REPRODUCTIVE, "Condition"), (Tag.HIV, "Procedure"),
    ):  # fmt: skip
        assert expected in found


def observed(id: str, name: str, **fields: Any) -> dict[str, Any]:
    return {**observation(id, name), **fields}


PLAIN = observed("o1", "Canary plain")
HIV = observed("o2", "Canary tested", code={**coded(SNOMED, "86406008"), "text": "Canary tested"})
BOTH = observed("o5", "Canary both", meta={"security": [{"code": "NOPAT"}, {"code": "PSYTHPN"}]})
NOTES = observed("o3", "Canary notes", meta={"security": [{"code": "PSYTHPN"}]})
HELD = observed("o4", "Canary held", meta={"security": [{"code": "NOPAT"}]})
SAID = "Some items are not shown here. Ask us."


def marked(member: Member, type: str) -> dict[str, tuple[Any, frozenset[Tag]]]:
    with context.system("test", member.plan_id), context.about_member(member.pk):
        found = RecordItem.objects.filter(member=member, resource_type=type)
        return {
            str(exact.loads(row.content)["id"]): (
                row.pk,
                marks.tags(member.plan_id, member.pk, row.tag_marks),
            )
            for row in found
        }


def rows(member: Member) -> dict[str, tuple[Any, frozenset[Tag]]]:
    return marked(member, "Observation")


def quiet(*command: str) -> None:
    call_command(*command, stdout=StringIO(), stderr=StringIO())


def test_tags_come_with_the_import_and_follow_the_source(member: Member, tmp_path: Path) -> None:
    load_for(member, tmp_path, PLAIN, HIV)
    assert {id: tags for id, (_pk, tags) in rows(member).items()} == {"o1": set(), "o2": {Tag.HIV}}
    load_for(member, tmp_path, observed("o2", "Canary tested", code={"text": "Another"}))
    assert rows(member)["o2"][1] == set()


def test_without_the_key_nobody_learns_which_tag_a_mark_is(
    member: Member, stranger: User, tmp_path: Path
) -> None:
    ours = marks.marks(member.plan_id, member.pk, [Tag.HIV])
    assert stranger.member is not None
    assert ours != marks.marks(member.plan_id, stranger.member.pk, [Tag.HIV])
    assert marks.tags(member.plan_id, stranger.member.pk, ours) == set()


def counts(user: User) -> list[int]:
    acting = context.AccessContext(
        plan_id=user.plan_id, user_id=user.pk, role="member", member_id=user.member_id
    )
    with transaction.atomic(), context.bind(acting):
        return [one.count for one in access.kinds_with_counts(user)]


@pytest.mark.promise("AH2")
@pytest.mark.parametrize(
    ("hidden", "said"),
    [(NOTES, True), (HELD, False), (BOTH, False)],
    ids=["notes", "endangerment", "both"],
)
def test_what_the_rules_cut_is_on_no_page_no_count_and_in_no_copy(
    client_for: Any, member_user: User, member: Member, tmp_path: Path, hidden: Any, said: bool
) -> None:
    client = client_for(member_user)
    home, tests = reverse("records:home"), reverse("records:kind", args=["tests"])
    load_for(member, tmp_path, PLAIN, HIV)
    before = counts(member_user)
    assert SAID not in client.get(home).text
    load_for(member, tmp_path, hidden)
    pk, _tags = rows(member)[hidden["id"]]
    assert counts(member_user) == before
    for page in (client.get(home), client.get(tests)):
        assert "Canary plain" in page.text
        assert "Canary tested" in page.text
        assert hidden["code"]["text"] not in page.text
        assert (SAID in page.text) == said
    assert client.get(reverse("records:detail", args=[pk])).status_code == 404
    assert client.get(reverse("records:file", args=[pk, 1])).status_code == 404
    acting = context.AccessContext(
        plan_id=member.plan_id, user_id=member_user.pk, role="member", member_id=member.pk
    )
    with transaction.atomic(), context.bind(acting):
        with own_file(member_user) as file:
            assert not file.rows().filter(pk=pk).exists()
        copied = {str(one["id"]) for one in parts.items(member_user, member.pk)}
        assert parts.count(member_user, member.pk) == len(copied)
    assert {"o1", "o2"} <= copied
    assert hidden["id"] not in copied


@pytest.mark.promise("AH2")
@pytest.mark.parametrize(
    ("meta", "there"), [({}, True), (HELD["meta"], False)], ids=["all", "held"]
)
def test_what_a_record_points_at_or_is_compared_with_is_cut_too(
    client_for: Any, member_user: User, member: Member, tmp_path: Path, meta: Any, there: bool
) -> None:
    """A report names its results, and a chart stands beside the earlier results of a test."""
    held = observed("o6", "Canary same", effectiveDateTime="2023-01-02", meta=meta)
    held["valueQuantity"] = {"value": 88.5, "unit": "mmol/L"}
    newest = observed("o7", "Canary same")
    report = about("DiagnosticReport", status="final", code={"text": "Canary panel"})
    report["result"] = [{"reference": "Observation/o6"}]
    load_for(member, tmp_path, held, newest, report)
    [report_pk, _tags] = marked(member, "DiagnosticReport")["x"]
    client, chart = client_for(member_user), rows(member)["o7"][0]
    for pk in (report_pk, chart):
        page = client.get(reverse("records:detail", args=[pk])).text
        assert ("88.5 mmol/L" in page) == there


@pytest.mark.promise("AL2")
def test_officers_are_told_why_a_record_was_not_found(
    client_for: Any, member_user: User, stranger: User, privacy_officer: User, member: Member,
    tmp_path: Path,
) -> None:  # fmt: skip
    """The member is told no more than of a record that isn't theirs."""
    load_for(member, tmp_path, HELD)
    pk, _tags = rows(member)["o4"]
    office = client_for(privacy_officer)

    def why(user: User) -> str:
        assert client_for(user).get(reverse("records:detail", args=[pk])).status_code == 404
        with context.system("test"):
            event = Event.objects.filter(action="request.refused").latest("at")
        page: str = office.get(reverse("disclosures:event-why", args=[event.pk])).text
        assert "The answer is the same." in page
        assert "Their own access" in page
        return page

    held, not_theirs = why(member_user), why(stranger)
    marked = reverse("records:mark-detail", args=[pk])
    for told in ("Held back", "Psychotherapy notes", "May put someone in danger", marked):
        assert told in held
        assert told not in not_theirs
    assert "Not found in their file" in not_theirs
    assert office.get(marked).status_code == 200


def test_older_rows_are_tagged_again(member: Member, tmp_path: Path) -> None:
    load_for(member, tmp_path, PLAIN, HIV)
    with context.system("test", member.plan_id), context.about_member(member.pk):
        RecordItem.objects.filter(member=member).update(tag_marks=[])
    for changed in (1, 0):
        out = StringIO()
        call_command("tag_records", "--plan", member.plan.slug, stdout=out, stderr=StringIO())
        assert f"than before: {changed}." in out.getvalue()
    assert rows(member)["o2"][1] == {Tag.HIV}


def officers_word(
    pk: Any, tag: Tag, *options: str, by: User, reason: str = "Asked by their doctor"
) -> str:
    out = StringIO()
    with pytest.MonkeyPatch.context() as typed:
        typed.setattr("sys.stdin", StringIO(f"{reason}\n"))
        args = (str(pk), "--plan", by.plan.slug, "--by", by.user_id, "--tag", tag, *options)
        call_command("mark_record", *args, stdout=out, stderr=StringIO())
    return out.getvalue()


@pytest.mark.promise("AH2")
@pytest.mark.parametrize(
    ("tag", "hides"),
    [(tag, tag in {Tag.SUD_NOTES, Tag.PSYCHOTHERAPY_NOTES, Tag.ENDANGERMENT_HOLD}) for tag in Tag],
)
def test_an_officers_mark_holds_until_it_is_taken_off(
    client_for: Any,
    member_user: User,
    member: Member,
    privacy_officer: User,
    tmp_path: Path,
    tag: Tag,
    hides: bool,
) -> None:
    load_for(member, tmp_path, PLAIN)
    pk, _none = rows(member)["o1"]
    page = reverse("records:detail", args=[pk])
    client = client_for(member_user)
    assert "Done" in officers_word(pk, tag, by=privacy_officer)
    assert "Nothing" in officers_word(pk, tag, by=privacy_officer)
    # It comes again with another value, then lists are looked at again: each time the word holds.
    load_for(member, tmp_path, {**PLAIN, "status": "amended"})
    assert rows(member)["o1"] == (pk, {tag})
    call_command("tag_records", "--plan", member.plan.slug, stdout=StringIO(), stderr=StringIO())
    assert rows(member)["o1"] == (pk, {tag})
    assert client.get(page).status_code == (404 if hides else 200)
    assert "Done" in officers_word(pk, tag, "--lift", by=privacy_officer)
    assert rows(member)["o1"][1] == set()
    assert client.get(page).status_code == 200


@pytest.mark.promise("AH2")
def test_what_officers_said_stays_and_the_trail_names_no_tag(
    member: Member, privacy_officer: User, tmp_path: Path
) -> None:
    load_for(member, tmp_path, HIV)
    pk, _tags = rows(member)["o2"]
    officers_word(pk, Tag.HIV, "--lift", by=privacy_officer, reason="Test of a donor")
    # Taken off what a code says, it stays off.
    call_command("tag_records", "--plan", member.plan.slug, stdout=StringIO(), stderr=StringIO())
    assert rows(member)["o2"][1] == set()
    officers_word(pk, Tag.ENDANGERMENT_HOLD, by=privacy_officer, reason="Canary reason")
    with context.system("test", member.plan_id), context.about_member(member.pk):
        said = list(StaffTag.objects.order_by("said_at"))
        lines = list(Event.objects.filter(action="record.marked", member_id=member.pk))
    assert [(one.word.strip(), one.reason, one.said_by_id) for one in said] == [
        ("-hiv", "Test of a donor", privacy_officer.pk),
        ("+endangerment_hold", "Canary reason", privacy_officer.pk),
    ]
    assert len({len(one.word) for one in said}) == 1
    assert [(one.actor_id, one.object_id) for one in lines] == [(privacy_officer.pk, pk)] * 2
    # Of the whole file, with every tag there is: the same line whatever was said.
    assert lines[0].facts == lines[1].facts
    assert set(lines[0].facts) == {"decision"}
    assert " records* " in lines[0].facts["decision"]


def test_an_officer_marks_only_records_of_the_plan_and_says_why(
    member: Member, privacy_officer: User, care_worker: User, other_plan: Any, tmp_path: Path
) -> None:
    load_for(member, tmp_path, PLAIN)
    pk, _none = rows(member)["o1"]
    theirs = factories.staff_user(other_plan, "kim.lee", "Kim Lee", "privacy_officer")
    for by, reason, told in (
        (care_worker, "Why not", "Only a privacy officer"),
        (privacy_officer, " ", "Say why"),
        (theirs, "Why not", "no such record"),
    ):
        with pytest.raises(CommandError, match=told):
            officers_word(pk, Tag.HIV, by=by, reason=reason)
    assert rows(member)["o1"][1] == set()


@pytest.mark.promise("AH2")
@pytest.mark.parametrize(
    ("tag", "said"), [(Tag.PSYCHOTHERAPY_NOTES, True), (Tag.ENDANGERMENT_HOLD, False)]
)
def test_a_copy_from_before_a_mark_is_gone_and_a_new_one_says_what_pages_say(
    member_user: User,
    member: Member,
    privacy_officer: User,
    tmp_path: Path,
    tag: Tag,
    said: bool,
) -> None:
    load_for(member, tmp_path, PLAIN, HIV)
    job = ask(member_user)
    runner.sweep()
    before = taken(member_user, job).read("records.html").decode()
    assert SAID not in before
    officers_word(rows(member)["o1"][0], tag, by=privacy_officer)
    with pytest.raises(Http404):
        taken(member_user, job)
    job = ask(member_user)
    runner.sweep()
    after = taken(member_user, job).read("records.html").decode()
    assert "Canary plain" in before
    assert "Canary plain" not in after
    assert "Canary tested" in after
    assert (SAID in after) == said


def test_a_mark_is_no_look_at_the_record_and_a_look_is(
    client_for: Any, member_user: User, member: Member, privacy_officer: User, tmp_path: Path
) -> None:
    load_for(member, tmp_path, PLAIN)
    officers_word(rows(member)["o1"][0], Tag.HIV, by=privacy_officer)
    client = client_for(member_user)
    saw = "1 person saw something about you"
    assert saw not in client.get(reverse("home")).text
    office = client_for(privacy_officer)
    office.post(reverse("disclosures:trail-search"), {"member_number": member.member_number})
    assert saw in client.get(reverse("home")).text
