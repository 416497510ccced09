"""What `doctor` asks of notices."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import access
from consents import notice_access
from consents.models import NoticeKind
from portal.base import registry
from portal.base.health.found import Found


def register() -> None:
    registry.health_checks.sign_up(
        "consents.notices", notices, "Plans without a notice of privacy practices in force."
    )


def notices() -> Iterator[Found]:
    """A plan with a web site shows its notice there (45 CFR 164.520(c)(3)(i))."""
    for plan in access.plans():
        if notice_access.number_at(plan.pk, NoticeKind.PRACTICES, timezone.now()) is None:
            says = _(
                "%(plan)s has no notice of privacy practices in force: publish one with "
                "`manage.py publish_notice --plan %(slug)s --kind npp`."
            )
            yield Found(says % {"plan": plan.name, "slug": plan.slug})
