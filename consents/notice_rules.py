"""What a notice of privacy practices must hold before it may be published (45 CFR 164.520(b)), and
what none may say. The words looked for are those a careful writer would use; they find what was
left out, not whether a sentence is true. That stays with the plan and its counsel.

Counsel is to confirm the letters that REQUIRED gives for parts of 164.520(b)(1).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from consents.models import NoticeKind

LANGUAGES = ("en", "es")
PLACEHOLDERS = ("{plan}", "{phone}", "{contact}", "{effective}")


@dataclass(frozen=True)
class Element:
    """One thing the law requires; each language has a pattern that finds it in the text."""

    key: str
    citation: str
    words: Mapping[str, str]


def _element(key: str, citation: str, en: str, es: str) -> Element:
    return Element(key, f"45 CFR 164.520(b)(1){citation}", {"en": en, "es": es})


# The header is fixed by law, in capitals; the Spanish one is our translation.
HEADERS = {
    "en": "THIS NOTICE DESCRIBES HOW MEDICAL INFORMATION ABOUT YOU MAY BE USED AND DISCLOSED AND"
    " HOW YOU CAN GET ACCESS TO THIS INFORMATION. PLEASE REVIEW IT CAREFULLY.",
    "es": "ESTE AVISO DESCRIBE CÓMO SE PUEDE USAR Y DIVULGAR SU INFORMACIÓN MÉDICA Y CÓMO PUEDE"
    " USTED OBTENER ACCESO A ESTA INFORMACIÓN. LÉALO CON ATENCIÓN.",
}

REQUIRED = (
    _element("header", "(i)", re.escape(HEADERS["en"]), re.escape(HEADERS["es"])),
    _element("treatment", "(ii)(A)", r"Treatment:.*For example", r"Tratamiento:.*Por ejemplo"),
    _element("payment", "(ii)(A)", r"Payment:.*For example", r"Pago:.*Por ejemplo"),
    _element("operations", "(ii)(A)", r"operations:.*For example", r"Operaciones.*:.*Por ejemplo"),
    _element("required_by_law", "(ii)(B)", r"Required by law:", r"Exigido por la ley:"),
    _element("public_health", "(ii)(B)", r"Public health:", r"Salud pública:"),
    _element("abuse", "(ii)(B)", r"Abuse or neglect:", r"Maltrato o descuido:"),
    _element("oversight", "(ii)(B)", r"Health oversight:", r"Supervisión de la salud:"),
    _element("courts", "(ii)(B)", r"Courts:", r"Tribunales:"),
    _element("police", "(ii)(B)", r"law enforcement", r"Policía:"),
    _element("death", "(ii)(B)", r"coroner", r"forense"),
    _element("organs", "(ii)(B)", r"Organ donation:", r"Donación de órganos:"),
    _element("research", "(ii)(B)", r"Research:", r"Investigación:"),
    _element("threats", "(ii)(B)", r"Serious threats:", r"Amenazas graves:"),
    _element("government", "(ii)(B)", r"national security", r"seguridad nacional"),
    _element("workers_compensation", "(ii)(B)", r"Workers' compensation:", r"Compensación laboral"),
    _element("hhs", "(ii)(B)", r"must share.*Human Services", r"debemos compartir.*Humanos"),
    _element("family", "(ii)(B)", r"family, friends", r"familiares, amigos"),
    _element("stricter_law", "(ii)(C)", r"stricter.*law applies", r"rige una ley más estricta"),
    _element(
        "part2_proceedings",
        "(iii)(D)",
        r"civil, criminal, administrative or legislative proceedings against you.*written consent"
        r".*court orders it after you had notice and a chance to be heard",
        r"civil, penal, administrativo o legislativo contra usted.*consentimiento por escrito"
        r".*tribunal lo ordene después de que usted recibió aviso y pudo ser oído",
    ),
    _element("part2_funds", "(iii)(D)", r"say no to fundraising", r"no a la recaudación de fondos"),
    _element("psychotherapy", "(ii)(E)", r"permission.*psychotherapy", r"permiso.*psicoterapia"),
    _element("marketing", "(ii)(E)", r"permission.*marketing", r"permiso.*mercadeo"),
    _element("sale", "(ii)(E)", r"permission.*to sell", r"permiso.*vender"),
    _element("other_uses", "(ii)(E)", r"Any other use", r"Cualquier otro uso"),
    _element("revocation", "(ii)(E)", r"revoke", r"revocar"),
    _element("sponsor", "(iii)(B)", r"sponsor of your plan", r"patrocinador de su plan"),
    _element("genes", "(iii)(C)", r"not allowed.*genetic", r"No podemos.*genética"),
    _element("restriction", "(iv)(A)", r"restrict.*may say no", r"restrinj.*decir que no"),
    _element(
        "confidential", "(iv)(B)", r"confidential communications", r"comunicaciones confidenciales"
    ),
    _element("access", "(iv)(C)", r"See and get a copy", r"Ver y obtener una copia"),
    _element("amendment", "(iv)(D)", r"amend", r"enmend"),
    _element("accounting", "(iv)(E)", r"accounting of disclosures", r"informe de divulgaciones"),
    _element("paper", "(iv)(F)", r"paper copy of this notice", r"copia en papel de este aviso"),
    _element("privacy_duty", "(v)(A)", r"requires us.*private", r"exige mantener privada"),
    _element("breach_duty", "(v)(A)", r"tell you if a breach", r"avisarle si una violación"),
    _element("abide", "(v)(B)", r"must follow the notice", r"Debemos cumplir el aviso"),
    _element(
        "changes",
        "(v)(C)",
        r"change this notice.*all information.*We post.*send",
        r"cambiar este aviso.*toda la información.*Ponemos.*enviamos",
    ),
    _element("complaint", "(vi)", r"complain to us", r"presentarnos una queja"),
    _element(
        "complaint_hhs", "(vi)", r"complain to the U\.S\. Department", r"quejarse ante el Departam"
    ),
    _element("no_retaliation", "(vi)", r"not retaliate", r"No tomamos represalias"),
    _element("contact", "(vii)", r"\{contact\}", r"\{contact\}"),
    _element("phone", "(vii)", r"phone \{phone\}", r"teléfono \{phone\}"),
    _element(
        "effective_date", "(viii)", r"takes effect on \{effective\}", r"vigor el \{effective\}"
    ),
)

# Nobody may be asked to give up a right (45 CFR 164.530(h)).
WAIVERS = {
    "en": r"\b(you|members?)( hereby| must| agree to)? (waive|release us|give up)\b"
    r"|\bagree(s)? not to (sue|complain)\b|\b(will|may|must) not sue\b"
    r"|\b(you|members?)( hereby| agree to)? (release (the plan\b|\{plan\})"
    r"|(release|discharge)\b[^.]{1,80}\bfrom (any|all|every|each|claims?|liability)\b)"
    r"|\bhold\b.{0,40}\bharmless\b|\bindemnif(y|ies)\b",
    "es": r"\busted (renuncia|libera|exonera)\b|\brenunci(a|ar) a (sus|cualquier|todo)\b"
    r"|\b(acepta|promete|debe|puede) no demandar\b|\bno (demandará|puede demandar)\b"
    r"|\bdebe renunciar\b|\bexim(e|ir)\b|\bindemni(dad|zar)",
}


def missing_elements(text: str, language: str) -> list[Element]:
    """What the law requires and the text, in one of LANGUAGES, does not hold. A paragraph is
    looked at by itself, so that an example belongs to its own purpose.
    """
    parts = [" ".join(part.split()) for part in re.split(r"\n\s*\n|\n(?=- )", text)]
    return [
        element
        for element in REQUIRED
        if not any(re.search(element.words[language], part) for part in parts)
    ]


def waivers(text: str, language: str) -> list[str]:
    """The words by which the text asks people to give up a right, or blames them beforehand."""
    flat = " ".join(text.split())
    return [found[0] for found in re.finditer(WAIVERS[language], flat, re.IGNORECASE)]


def unknown_placeholders(text: str) -> list[str]:
    """What stands in braces and is not one of PLACEHOLDERS, in the order of the text."""
    return [found for found in re.findall(r"\{[^}]*\}?", text) if found not in PLACEHOLDERS]


@dataclass(frozen=True)
class Draft:
    """What someone wants to publish, with its placeholders. Texts and changes by language."""

    kind: str
    texts: Mapping[str, str]
    changes: Mapping[str, str]
    contact: str
    phone: str
    effective: date


@dataclass(frozen=True)
class Standing:
    """What a draft is held against. Days in the plan's zone."""

    today: date
    languages: Sequence[str]
    # Of the latest version, where there is one.
    effective: date | None = None
    texts: Mapping[str, str] = field(default_factory=dict)


def hindrances(draft: Draft, standing: Standing) -> list[str]:
    """Why this may not be published, in sentences. None: it may."""
    return [
        *_of_day(draft, standing),
        *_of_contact(draft),
        *(one for code in standing.languages for one in _of_text(draft, standing, code)),
    ]


def _of_day(draft: Draft, standing: Standing) -> Iterator[str]:
    # 45 CFR 164.520(b)(1)(viii); and so no change in it takes effect before either.
    if draft.effective < standing.today:
        yield _("It can't take effect before today, the day it is published.")
    if standing.effective and draft.effective < standing.effective:
        said = {"day": standing.effective.isoformat()}
        yield _("It can't take effect before the version that it follows: %(day)s.") % said


def _of_contact(draft: Draft) -> Iterator[str]:
    if not draft.contact.strip():
        yield _("Say whom people turn to: an office or a title.")
    for words in re.findall(r"\{[^}]*\}?|\}", draft.contact):
        yield _("The contact has %(words)s, which nothing stands for.") % {"words": words}
    if not draft.phone.strip():
        yield _("The plan has no phone number. A notice must name one.")


def _of_text(draft: Draft, standing: Standing, code: str) -> Iterator[str]:
    text, changes = draft.texts.get(code, ""), draft.changes.get(code, "")
    if not text.strip():
        yield _("The text in “%(language)s” is missing.") % {"language": code}
        return
    if not re.match(r"# \S", text.lstrip()):
        yield _("The text in “%(language)s” must begin with its title: # Title") % {
            "language": code
        }
    if standing.effective and not changes.strip():
        yield _("Say in “%(language)s” what changed since the version before.") % {"language": code}
    for words in [*unknown_placeholders(text), *re.findall(r"\{[^}]*\}?", changes)]:
        said = {"language": code, "words": words}
        yield _("“%(language)s” has %(words)s, which nothing stands for.") % said
    for words in [*waivers(text, code), *waivers(changes, code)]:
        said = {"language": code, "words": words}
        yield _("“%(language)s” asks people to give up a right: “%(words)s”.") % said
    if draft.kind == NoticeKind.PRACTICES:
        for element in missing_elements(text, code):
            said = {"language": code, "element": element.key, "citation": element.citation}
            yield _("“%(language)s” leaves out %(element)s (%(citation)s).") % said
