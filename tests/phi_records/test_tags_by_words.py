"""Sensitive records: known by what is said in them, wherever a page may show it."""

import codecs
import json
from base64 import b64encode
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import reverse

from accounts.models import Member, User
from consents.question import Tag
from phi_records import attachments
from phi_records.fhir import exact
from phi_records.fhir.reader import Entry, read
from phi_records.fhir.tags import Way, ways_of
from phi_records.models import RecordItem
from portal.base import context
from portal.base.files.models import SealedFile
from tests.phi_records.bundles import document, load_for
from tests.phi_records.test_fhir_reader import REAL_DATA, needs_real_data
from tests.phi_records.test_tags import RXNORM, about, coded, marked, tags

pytestmark = pytest.mark.promise("AL2")

HTML = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


XML, JSON = "application/fhir+xml", "application/fhir+json"
_OPIOIDS = {"system": "http://snomed.info/sct", "code": "75544000 "}
OPIOIDS = {"resourceType": "Condition", "code": {"coding": [_OPIOIDS]}}
ACTS = b"http://terminology.hl7.org/CodeSystem/v3-ActCode"
LABELLED = {"resourceType": "Basic", "meta": {"security": [{"code": "HIV"}]}}


def paper(content: bytes, type: str = "text/plain") -> dict[str, Any]:
    return about("DocumentReference", content=document("x", content, type)["content"])


def places(said: str) -> list[dict[str, Any]]:
    """One resource for each place where a page may show words."""
    named = {"coding": [{"system": "x", "code": "1", "display": said}]}
    return [
        about("Observation", valueString=said),
        about("Observation", valueCodeableConcept={"text": said}),
        about("Observation", valueCodeableConcept=named),
        about("Observation", note=[{"text": said}]),
        about("Observation", component=[{"code": {"text": "Found"}, "valueString": said}]),
        about("DiagnosticReport", conclusion=said),
        about("DiagnosticReport", conclusionCode=[{"text": said}]),
        about("CarePlan", title=said),
        about("CarePlan", description=said),
        about("CarePlan", activity=[{"detail": {"description": said}}]),
        about("Goal", description={"text": said}),
        about("ClinicalImpression", summary=said),
        about("Communication", payload=[{"contentString": said}]),
        about("ImagingStudy", description=said),
        about("ImagingStudy", series=[{"description": said}]),
        about("Appointment", description=said),
        about("Appointment", patientInstruction=said),
        about("ServiceRequest", code={"text": said}),
        about("Procedure", code={"text": said}),
        about("AllergyIntolerance", code={"text": said}),
        about("AdverseEvent", event={"text": said}),
        about("Encounter", reasonReference=[{"reference": "Condition/1", "display": said}]),
        about("Device", deviceName=[{"name": said, "type": "user-friendly-name"}]),
        about("ClaimResponse", processNote=[{"text": said}]),
        about("Composition", section=[{"text": {"div": HTML.format(said)}}]),
        about("Condition", text={"status": "generated", "div": HTML.format(f"It&#39;s {said}")}),
        about("QuestionnaireResponse", item=[{"linkId": "1", "answer": [{"valueString": said}]}]),
        about("FamilyMemberHistory", condition=[{"code": {"text": said}}]),
        about("Basic", extension=[{"url": "http://x", "valueString": said}]),
        paper(said.encode()),
    ]


@pytest.mark.parametrize("place", range(len(places(""))))
@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("Paranoid schizophrenia", Tag.MENTAL_HEALTH),
        ("Chart:\nHIV-1 infection confirmed", Tag.HIV),
        ("Patient with opioid  use\ndisorder", Tag.PART2),
        ("Normal pregnancy", Tag.REPRODUCTIVE),
        ("Depresión", Tag.MENTAL_HEALTH),
        # By their names alone.
        ("Lamivudine / nevirapine / zidovudine", Tag.HIV),
        ("Methadone, daily", Tag.PART2),
        ('The "film": buprenorphine8mg', Tag.PART2),
        ("Asthma, well controlled", None),
        ("Respiratory depression after surgery", None),
        ("Amoxicillin 500 mg", None),
    ],
)
def test_words_and_medicines_tell_wherever_a_page_shows_them(
    place: int, said: str, tag: Tag | None
) -> None:
    assert tags(places(said)[place]) == ({tag} if tag else set())


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("No history of opioid use disorder", Tag.PART2),
        ("Screening for alcohol abuse", Tag.PART2),
        ("not HIV positive", Tag.HIV),
        ("Mother: bipolar disorder", Tag.MENTAL_HEALTH),
        ("Denies alcohol at work", None),
    ],
)
def test_what_is_denied_asked_or_of_a_relative_is_told_too(said: str, tag: Tag | None) -> None:
    assert tags(about("Observation", valueString=said)) == ({tag} if tag else set())


@pytest.mark.parametrize(
    "test",
    [
        about("Observation", code={"text": "Methadone in urine"}, valueString="Negative"),
        about("Observation", component=[{"code": {"text": "Amphetamine"}, "valueString": "No"}]),
        about("DiagnosticReport", code={"text": "Methadone screen"}),
        about("DiagnosticReport", result=[{"display": "Lithium in serum"}]),
        about(
            "DiagnosticReport",
            contained=[{"resourceType": "Observation", "code": {"text": "Methadone in urine"}}],
        ),
    ],
    ids=str,
)
def test_the_name_of_a_test_does_not_say_that_a_medicine_is_taken(test: dict[str, Any]) -> None:
    assert tags(test) == set()
    assert tags({**test, "note": [{"text": "Takes methadone"}]}) == {Tag.PART2}
    inside = {"resourceType": "Medication", "code": {"text": "Methadone"}}
    assert tags({**test, "contained": [inside]}) == {Tag.PART2}
    # What tells by itself tells in the name of a test too, and a medicine's own number is no test.
    assert tags(about(test["resourceType"], code={"text": "HIV status"})) == {Tag.HIV}
    numbered = {"coding": [{"system": RXNORM, "code": "0", "display": "Methadone"}]}
    assert tags(about(test["resourceType"], code=numbered)) == {Tag.PART2}


@pytest.mark.parametrize(
    "resource",
    [
        about("Patient", name=[{"text": "Yaz Depression", "family": "HIV", "given": ["Prozac"]}]),
        about("Patient", contact=[{"name": {"text": "Bipolar"}}], address=[{"text": "HIV Road"}]),
        about("Observation", identifier=[{"value": "HIV", "type": {"text": "HIV"}}]),
        about("Observation", code=coded("urn:x", "HIV"), subject={"reference": "Patient/hiv"}),
        about("Observation", extension=[{"url": "http://x.example/hiv"}]),
        about("Observation", meta={"tag": [{"display": "HIV"}], "source": "hiv"}),
        about("QuestionnaireResponse", item=[{"linkId": "hiv", "text": "Age"}]),
        about("DocumentReference", content=[{"attachment": {"url": "Binary/hiv"}}]),
    ],
    ids=str,
)
def test_names_of_people_addresses_and_ids_tell_nothing(resource: dict[str, Any]) -> None:
    assert tags(resource) == set()


FAMILIES = {
    Tag.MENTAL_HEALTH: "Depression|Major depression|Anxiety disorder|PTSD|ADHD|OCD|"
    "Anorexia nervosa|Borderline personality disorder|Dysthymia|Agoraphobia|Panic attacks|"
    "Adjustment disorder|Bulimia|Gender dysphoria|Patient Health Questionnaire-9: Modified for "
    "Teens total score|Suicide attempt|Self-harm|Delusional disorder|Psychotherapy|"
    "Trastorno de ansiedad|Trastornos mentales|Estrés postraumático|TDAH|Depresion mayor",
    Tag.PART2: "Alcoholism|Opioid use, unspecified|Heroin overdose|Cocaine dependence|"
    "Cannabis use disorders|Alcohol use, unspecified|Delirium tremens|Addicted to drugs|"
    "IV drug user|Amphetamine dependence|Substance-induced psychosis|AUDIT-C|"
    "Methadone maintenance therapy|Alcoholismo|Abuso de cocaína|Adicción a la heroína|"
    "Trastorno por consumo de opioides|Sobredosis de heroína",
    Tag.HIV: "AIDS|HIV/AIDS|HIV1|VIH positivo|SIDA|Acquired immunodeficiency syndrome|"
    "ANTIRETROVIRALS STARTED|CD4 panel|Virus de la inmunodeficiencia humana",
    Tag.REPRODUCTIVE: "Pregnancy|Miscarriage|Ectopic pregnancy|Vasectomy|Routine antenatal care|"
    "Infertility|Tubal ligation|IUD insertion|Birth control|In-vitro fertilization|"
    "Cesarean section|Stillbirth|Abortion|Embarazo|Vasectomía|Anticonceptivos|Parto normal",
}  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "said"), [(tag, one) for tag, all in FAMILIES.items() for one in all.split("|")]
)
def test_common_diagnoses_tell_in_english_and_spanish(tag: Tag, said: str) -> None:
    for one in (said, said.upper()):
        assert tags(about("Condition", code={"text": one})) == {tag}


# In the other language or in another order than the families above.
TESTS = {
    Tag.PART2: "uso nocivo de alcohol|consumo problemático de alcohol|uso problematico de alcohol|"
    "Intoxicación etílica aguda|Usuario de drogas inyectables|Usuaria de drogas|Adicción|"
    "Adicciones|Addiction|Addicted to heroin|Overdose of heroin|Overdose of opioid|"
    "Heroin overdoses|Problematic alcohol use|Harmful use of alcohol|"
    "Terapia con agonistas opioides|Opioid agonist therapy|"
    "Tratamiento con agonistas de opioides|Dependencia alcohólica|"
    "Dependencia de la morfina|Trastorno psicótico inducido por cannabis|Poisoning by heroin|"
    "Envenenamiento por heroína|Abuse of stimulants|Withdrawal from alcohol|Bebedor de riesgo|"
    "Problemas con el alcohol|Sobredosis de fentanilo|Drogodependiente|Drogadicta|Embriaguez|"
    "Uso de múltiples drogas|Rehabilitación del alcohólico|Recaída en el consumo|"
    "Trastornos mentales y del comportamiento debidos al uso de cocaína|"
    "Mental and behavioural disorders due to use of cocaine",
    Tag.GENETIC: "Prueba genética|Pruebas geneticas|Estudio genético|Asesoramiento genético|"
    "Variante patogénica en MLH1|Huntington disease gene test|Genetic tests|Genetic counselor|"
    "Test for genetic mutation|Mutación en el gen|Secuenciación del gen CFTR|Cariotipo|"
    "Portadora de fibrosis quística|Carrier of cystic fibrosis|Síndrome de Lynch|Panel genético|"
    "Variant of uncertain significance|Consulta de genética",
    Tag.HIV: "Seropositivo|Paciente seropositiva|Seropositivos|p24 antigen|Antígeno p24|HIV p24 Ag|"
    "Tratamiento antirretrovírico|Profilaxis preexposición",
    Tag.MENTAL_HEALTH: "Trastorno bipolar|Bipolar I|Adicción al juego|Gambling addiction|Ludopatía|"
    "Trastornos esquizoafectivos|Conductas autolesivas|Crisis de angustia|Episodios maníacos|"
    "Trastornos de la ingestión de alimentos|Trastorno histriónico de la personalidad|"
    "Lesión autoinfligida|Trastornos del humor|Disorder of personality|Behavioural disorders|"
    "Terapia cognitivo-conductual",
    Tag.REPRODUCTIVE: "Mola hidatiforme|Legrado|Ligadura tubaria|Pastilla del día después|"
    "Nacido muerto|Hiperemesis gravídica|Infecciones puerperales|Donación de óvulos|"
    "Freezing of eggs|Induction of labor|Preterm labour|Movimientos fetales",
}  # fmt: skip


@pytest.mark.parametrize(
    ("tag", "said"), [(tag, one) for tag, all in TESTS.items() for one in all.split("|")]
)
def test_the_name_of_a_test_tells_in_either_language_and_order(tag: Tag, said: str) -> None:
    for one in (said, said.upper()):
        assert tags(about("Observation", code={"text": one})) == {tag}


@pytest.mark.parametrize(
    "said",
    [
        "Bipolar electrocautery", "Bipolar hip hemiarthroplasty", "Electrocauterio bipolar",
        "Pinzas bipolares", "Adicción al trabajo", "Adicto a las redes sociales", "Work addiction",
        "Addiction to nicotine", "Riesgo de adicción", "Risk of addiction", "Dependencia funcional",
        "Persona en situación de dependencia", "Oxygen dependence", "Drogas vasoactivas",
        "Uso de drogas vasoactivas", "Dependencia de oxígeno", "Consumo de alcohol: ocasional",
        "Cefalea por abuso de analgésicos", "Intoxicación alimentaria", "Overdose of insulin",
        "Sobredosis de paracetamol", "Intoxicación por sustancias químicas", "Withdrawal of drug",
        "Hígado graso no alcohólico", "Lupus inducido por drogas", "Uso de alcohol en gel",
        "Artritis reumatoide seropositiva", "Artritis reumatoideas seropositivas",
        "Seropositive rheumatoid arthritis", "Seropositivo para hepatitis B", "CMV seropositivo",
        "Profilaxis preexposición antirrábica", "See p. 24", "HPV DNA test",
        "MRSA carrier screening",
        "Portador de marcapasos", "16S rRNA gene sequencing", "Generic test", "Estudio general",
        "Hipocondrio derecho", "Primer trimestre del año", "Gasa estéril", "Drug delivery device",
        "Trastornos mentales y del comportamiento debidos al uso de tabaco",
    ],
)  # fmt: skip
def test_what_only_sounds_like_it_tells_nothing_in_a_tests_name(said: str) -> None:
    assert tags(about("Observation", code={"text": said})) == set()
    assert tags(about("Observation", code={"text": f"{said}. HIV"})) == {Tag.HIV}


@pytest.mark.parametrize(
    "said",
    [
        "ST depression in V2", "ST-segment depression", "Depression of the skull",
        "CNS depression", "Depresión respiratoria", "Hearing aids", "HEARING AIDS, BOTH EARS",
        "Aids digestion", "Gestational age at birth", "Photophobia", "Loss of appetite (anorexia)",
        "Lithium heparin tube", "Rabies pre-exposure prophylaxis", "Alcohol use: socially",
        "Alcohol swab", "Drug allergy", "Injection use only", "Post-traumatic arthritis",
        "Non-alcoholic fatty liver", "Cirrosis no alcohólica", "Non-alcoholic cirrhosis",
        "Long term (current) use of opiate analgesic",
        "Sterilization of instruments", "Coagulation disorder", "Trastorno de la coagulación",
        "Bowel prep", "Stress test", "Maniac", "Department",
    ],
)  # fmt: skip
def test_what_only_sounds_like_it_tells_nothing(said: str) -> None:
    assert tags(about("Condition", code={"text": said})) == set()
    assert tags(about("Condition", code={"text": f"{said}. HIV"})) == {Tag.HIV}


def test_a_word_belongs_to_one_matter_alone() -> None:
    """Amphetamine is a medicine too; who depends on it isn't told to take it."""
    assert tags(about("Condition", code={"text": "Amphetamine abuse"})) == {Tag.PART2}
    both = about("Condition", code={"text": "Amphetamine abuse. Takes amphetamine."})
    assert tags(both) == {Tag.PART2, Tag.MENTAL_HEALTH}


@pytest.mark.parametrize(
    ("content", "type", "tag"),
    [
        (b"HIV positive", "text/plain", Tag.HIV),
        (b"on Suboxone.", "text/plain; charset=us-ascii", Tag.PART2),
        (b"Dx: F11.20", "text/plain", Tag.PART2),
        ("depresión".encode("latin-1"), "text/plain; charset=ISO-8859-1", Tag.MENTAL_HEALTH),
        ("HIV positive".encode("utf-16"), 'text/plain;charset="utf-16"', Tag.HIV),
        (b"<p>opioid <b>use</b> disorder</p>", "text/html", Tag.PART2),
        (b"<value displayName='Bipolar disorder'/>", "application/hl7-cda+xml", Tag.MENTAL_HEALTH),
        (b"<value code='F32.9'/>", "text/xml", Tag.MENTAL_HEALTH),
        (b"HIV", "TEXT/PLAIN; charset=idna", Tag.HIV),
        (b"HIV", "text/plain; charset=none-such", Tag.HIV),
        (b"\xff HIV", "text/plain", Tag.HIV),
        # Its first signs say how it is written.
        ("HIV positive".encode("utf-16"), "text/plain", Tag.HIV),
        (codecs.BOM_UTF16_BE + "HIV positive".encode("utf-16-be"), "text/plain", Tag.HIV),
        ("HIV positive".encode("utf-16"), "text/plain; charset=utf-8", Tag.HIV),
        ("HIV positive".encode("utf-8-sig"), "text/plain", Tag.HIV),
        (b"x" * 1_000_000 + b" HIV", "text/plain", Tag.HIV),
        # After the first megabyte nobody looks, nor into what only a program reads.
        (b"x" * 1_100_000 + b" HIV", "text/plain", None),
        # Each format has its own way to write an accent.
        (rb"{\rtf1 depresi\'f3n mayor}", "application/rtf", Tag.MENTAL_HEALTH),
        (rb"{\rtf1 depresi\u243?n mayor}", "text/rtf", Tag.MENTAL_HEALTH),
        (rb"{\rtf1 depresi\u243\'f3n mayor}", "text/rtf", Tag.MENTAL_HEALTH),
        (rb'{"note": "depresi\u00f3n \"mayor\""}', "application/json", Tag.MENTAL_HEALTH),
        (b"depresi&oacute;n mayor", "text/html", Tag.MENTAL_HEALTH),
        ("depresión mayor".encode("cp1252"), "text/plain", Tag.MENTAL_HEALTH),
        ("depresión mayor".encode("cp1252"), "text/plain; charset=none-such", Tag.MENTAL_HEALTH),
        (
            "<?xml version='1.0' encoding='cp850'?><p>depresión</p>".encode("cp850"),
            "text/xml",
            Tag.MENTAL_HEALTH,
        ),
        ('<meta charset="iso-8859-1">depresión'.encode("latin-1"), "text/html", Tag.MENTAL_HEALTH),
        (b"HIV", "application/fhir+ndjson", Tag.HIV),
        (b"OBX|1|HIV", "application/hl7-v2+er7", Tag.HIV),
        # And to write a code.
        (
            b'<value code="75544000" codeSystem="2.16.840.1.113883.6.96"/>',
            "text/xml",
            Tag.PART2,
        ),
        (
            b"<value xsi:type='CD' codeSystem='2.16.840.1.113883.6.90' code='F1120'/>",
            "application/hl7-cda+xml",
            Tag.PART2,
        ),
        (
            b'<confidentialityCode code="PSYTHPN" codeSystem="2.16.840.1.113883.5.4"/>',
            "text/xml",
            Tag.PSYCHOTHERAPY_NOTES,
        ),
        (b'<system value="http://snomed.info/sct"/><code value="75544000"/>', XML, Tag.PART2),
        (json.dumps(OPIOIDS).encode(), "application/fhir+json", Tag.PART2),
        (json.dumps({"entry": [{"resource": OPIOIDS}]}, indent=1).encode(), JSON, Tag.PART2),
        (b'{"a": 1}\n' + json.dumps(OPIOIDS).encode(), "application/x-ndjson", Tag.PART2),
        (json.dumps(LABELLED).encode(), JSON, Tag.HIV),
        (json.dumps({"a": "Assessment:\nopioid use disorder"}).encode(), JSON, Tag.PART2),
        (json.dumps({"a": "Found\nHIV"}).encode(), JSON, Tag.HIV),
        (rb'{"a": "\u003cdiv\u003eHIV\u003c/div\u003e"}', JSON, Tag.HIV),
        (rb"{\rtf1 opioid {\b use} disorder}", "text/rtf", Tag.PART2),
        (rb"{\rtf1 {\i H}IV}", "text/rtf", Tag.HIV),
        (rb"OBX|1|opioid\.br\use disorder", "application/hl7-v2", Tag.PART2),
        (b"<security><system value='" + ACTS + b"'/><code value='HIV'/></security>", XML, Tag.HIV),
        (
            b"<f:system value='http://snomed.info/sct'></f:system><f:code value='75544000'/>",
            XML,
            Tag.PART2,
        ),
        (json.dumps({**OPIOIDS, "note": "x" * 1_200_000}).encode(), JSON, Tag.PART2),
        # Long, of signs that begin something: looked through once.
        (b"<" + b" code=1" * 100_000, "text/plain", None),
        (b"<" + b"a" * 500_000, "text/plain", None),
        (b"<a:" * 200_000, "text/plain", None),
        (rb"\u" * 200_000 + b"{" * 200_000, "text/rtf", None),
        (b'"system":"' * 80_000, JSON, None),
        (b'{"resourceType":"Basic","contained":[' * 300 + b'{"a":1}' + b"]}" * 300, JSON, None),
        (b'<value code="75544001" codeSystem="2.16.840.1.113883.6.96"/>', "text/xml", None),
        (b'<id code="F1120"/>{"code": "PSYTHPN"}', "text/xml", None),
        (b"{" * 5_000, JSON, None),
        (b"HIV", "application/pdf", None),
        (b"HIV", "image/png", None),
        (b"Asthma. J45.909", "text/plain", None),
        (b"", "text/plain", None),
    ],
    ids=lambda one: str(one)[:40],
)
def test_attached_text_tells(content: bytes, type: str, tag: Tag | None) -> None:
    assert tags(paper(content, type)) == ({tag} if tag else set())
    binary = about("Binary", contentType=type, data=b64encode(content).decode())
    assert tags(binary) == ({tag} if tag else set())


@pytest.mark.parametrize("unseen", ["\u00ad", "\u200b", "\u200d", "\u2060", "\ufeff", "\u034f"])
def test_signs_that_nobody_sees_hide_no_word(unseen: str) -> None:
    """Within a word, or as all that parts two."""
    for said in (f"H{unseen}IV positive", f"HIV{unseen}positive", f"opioid{unseen}abuse"):
        assert tags(about("Observation", valueString=said)), said
    assert not tags(about("Observation", valueString=f"be{unseen}havior"))


@pytest.mark.parametrize("unseen", ["\u00ad", "\u200b", "\ufeff"])
def test_signs_that_nobody_sees_hide_no_code(unseen: str) -> None:
    code = f"F11{unseen}.20"
    for said in (
        {"text": code},
        {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": code}]},
    ):
        assert tags(about("Condition", code=said)) == {Tag.PART2}, said


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("V.I.H. positiva", Tag.HIV),
        ("Paciente V.I.H.-1", Tag.HIV),
        ("H.I.V. positive", Tag.HIV),
        ("h.i.v", Tag.HIV),
        ("S.I.D.A.", Tag.HIV),
        ("I.V. drug use", Tag.PART2),
        ("Seen by H.I. Vance", None),
        ("Room 3.H.I.V5", None),
        ("Ph.D. in Iowa", None),
    ],
)
def test_an_abbreviation_is_known_with_its_points(said: str, tag: Tag | None) -> None:
    assert tags(about("Condition", note=[{"text": said}])) == ({tag} if tag else set())


@pytest.mark.parametrize(
    "said",
    [
        "ETOH abuse", "EtOH dependence", "hx of etoh withdrawal", "abuse of ETOH", "Heavy EtOH",
        "Alcoholic cirrhosis of liver with ascites", "Alcohol-induced chronic pancreatitis",
        "ETOH cirrhosis", "Cirrosis hepática alcohólica", "Hepatitis alcohólica",
        "Polineuropatía alcohólica",
    ],
)  # fmt: skip
def test_what_alcohol_did_tells(said: str) -> None:
    assert tags(about("Condition", note=[{"text": said}])) == {Tag.PART2}


@pytest.mark.parametrize(
    ("data", "tag"),
    [
        ("SElW IGlz\nIGhl\ncmU=", Tag.HIV),  # Lines are folded.
        ("aXMgSElW", Tag.HIV),
        ("SElWIQ", Tag.HIV),  # Its padding was left out.
        ("S", None),
        ("\N{LATIN SMALL LETTER E WITH ACUTE}SElW", None),
    ],
)
def test_attached_text_is_read_as_sources_write_it(data: str, tag: Tag | None) -> None:
    binary = about("Binary", contentType="text/plain", data=data)
    assert tags(binary) == ({tag} if tag else set())


def test_officers_are_told_by_what_it_was_found() -> None:
    resource = paper(b"On Suboxone. F11.20. Opioid dependence")
    resource["description"] = "About Prozac"
    assert ways_of(resource, exact.dumps(resource)) == {
        Tag.PART2: (Way.CODE, Way.MEDICINE, Way.WORD),
        Tag.MENTAL_HEALTH: (Way.MEDICINE,),
    }


def look_again(member: Member) -> None:
    out = StringIO()
    call_command("tag_records", "--plan", member.plan.slug, stdout=out, stderr=StringIO())


LONG = b"A visit. " * 2000 + b"HIV positive."


@pytest.mark.parametrize(
    ("content", "type", "found"),
    [
        (b"HIV positive.", "text/plain", {Tag.HIV}),
        # Cut out into a sealed file.
        (LONG, "text/plain", {Tag.HIV}),
        (LONG, "application/pdf", set()),
        (LONG.replace(b"HIV", b"Flu"), "text/plain", set()),
    ],
    ids=["short", "long", "pdf", "other"],
)
def test_attached_text_is_read_at_import_and_when_somebody_looks_again(
    member: Member, tmp_path: Path, content: bytes, type: str, found: set[Tag]
) -> None:
    load_for(member, tmp_path, document("d1", content, type))
    assert of_document(member) == found
    with context.system("test", member.plan_id), context.about_member(member.pk):
        [row] = RecordItem.objects.filter(resource_type="DocumentReference")
        assert (
            attachments.MARK in json.loads(row.content)["content"][0]["attachment"]["data"]
        ) == (len(content) > attachments.CUT_FROM)
        RecordItem.objects.filter(pk=row.pk).update(tag_marks=[])
    look_again(member)
    assert of_document(member) == found


def of_document(member: Member) -> set[Tag]:
    return set(marked(member, "DocumentReference")["d1"][1])


@pytest.mark.parametrize(("said", "told"), [(b"HIV", True), (b"Flu", False)])
def test_officers_are_told_of_a_word_in_a_long_text(
    client_for: Any, privacy_officer: User, member: Member, tmp_path: Path, said: bytes, told: bool
) -> None:
    load_for(member, tmp_path, document("d1", LONG.replace(b"HIV", said)))
    pk = marked(member, "DocumentReference")["d1"][0]
    page = client_for(privacy_officer).get(reverse("records:mark-detail", args=[pk])).text
    assert ("A word in the record" in page) == told


def test_a_lost_file_takes_no_mark_off(member: Member, tmp_path: Path) -> None:
    load_for(member, tmp_path, document("d1", LONG))
    with context.system("test", member.plan_id), context.about_member(member.pk):
        SealedFile.objects.filter(member_id=member.pk).delete()
    look_again(member)
    assert of_document(member) == {Tag.HIV}


@needs_real_data
def test_drugs_for_hiv_show_in_results_made_by_others() -> None:
    found = {
        (item.resource["code"].get("text"), bool(tags(item.resource)))
        for unit in list(read(sorted((REAL_DATA / "fhir").glob("ghiv-Reynolds*"))))
        for item in unit
        if isinstance(item, Entry) and item.type == "Observation"
    }
    assert ("ANTIRETROVIRALS STARTED", True) in found
    assert any(not sensitive for _name, sensitive in found)
