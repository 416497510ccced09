"""What the commands share that work for one plan."""

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts import access
from accounts.models import Plan


def plan_named(slug: str) -> Plan:
    """The plan with this short name; else the command ends, and says which there are."""
    plans = {plan.slug: plan for plan in access.plans()}
    if not plans:
        raise CommandError(_("There is no plan yet. Make one with create_plan."))
    if slug not in plans:
        known = ", ".join(sorted(plans))
        said = {"slug": slug, "known": known}
        raise CommandError(_("There is no plan “%(slug)s”. The plans are: %(known)s.") % said)
    return plans[slug]
