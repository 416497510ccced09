"""FHIR's own rules, by the library fhir.resources: for `import_fhir --strict` and tests.

It knows R4B, which differs from R4 in a few types that no record of a person uses, and takes a
millisecond or two a resource. Like `check`, it names fields and never values.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from phi_records.fhir.check import MAX_REASONS, field_name
from phi_records.fhir.reader import Entry, Problem, Unit

Check = Callable[[dict[str, Any]], str]
"""Why this resource is not FHIR; nothing when it is."""


class NotInstalled(Exception):
    """The library is for development and tests; a server may do without."""


def make_check() -> Check:
    try:
        from fhir.resources.R4B import get_fhir_model_class
        from pydantic import ValidationError
    except ImportError:
        raise NotInstalled from None

    def why_not(resource: dict[str, Any]) -> str:
        named = str(resource["resourceType"])
        try:
            get_fhir_model_class(named).model_validate(resource)
        except ValidationError as error:
            found = error.errors(include_input=False, include_url=False, include_context=False)
            reasons = dict.fromkeys(_reason(one["type"], one["loc"]) for one in found)
            return " ".join(list(reasons)[:MAX_REASONS])
        except ValueError:
            return _("“%s” is not a resource type of FHIR R4B.") % field_name(named)
        return ""

    return why_not


def only_valid(unit: Unit, check: Check) -> Unit:
    """The unit with a problem in the place of each resource that breaks a rule.

    It is another unit than the one that is taken without this check: the hash says so.
    """
    known: dict[int, str] = {}

    def items() -> Iterator[Entry | Problem]:
        for one in unit:
            if isinstance(one, Problem):
                yield one
                continue
            if one.position not in known:
                known[one.position] = check(one.resource)
            reason = known[one.position]
            patient = one if one.type == "Patient" else None
            yield Problem(unit.source, one.position, reason, patient) if reason else one

    return replace(unit, sha256=unit.sha256 and f"{unit.sha256} strict", _items=items)


def _reason(kind: str, path: tuple[int | str, ...]) -> str:
    where = ".".join(field_name(part) for part in path if isinstance(part, str))
    if kind == "extra_forbidden":
        return _("FHIR has no field “%s”.") % where
    if kind in ("missing", "model_field_validation_missing"):
        return _("The field “%s” is missing.") % where
    if not where:
        return _("A field that FHIR asks for is missing, or two that exclude each other are there.")
    return _("What stands in “%s” is not what FHIR allows there.") % where
