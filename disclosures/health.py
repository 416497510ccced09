"""What `doctor` asks of the privacy office."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts import access
from portal.base import registry
from portal.base.health.found import Found


def register() -> None:
    registry.health_checks.sign_up(
        "disclosures.officers", officers, "Plans without a privacy officer."
    )


def officers() -> Iterator[Found]:
    """Reports of privacy problems and alarms go to officers alone (45 CFR 164.530(a)(1))."""
    for plan in access.plans():
        if not access.officers_of(plan.pk):
            says = _(
                "%(plan)s has no privacy officer, so nobody sees what people report: make one with "
                "`manage.py create_account USER_ID --plan %(slug)s --role privacy_officer ...`."
            )
            yield Found(says % {"plan": plan.name, "slug": plan.slug})
