"""Making a plan and changing what its pages show of it."""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date
from typing import Any

from django.db import transaction

from accounts.logo import Logo
from accounts.models import Plan, PlanLogo
from portal.base import context
from portal.base.audit import trail


def create_plan(*, client: str, logo: Logo | None = None, **values: Any) -> Plan:
    """A new plan with nobody in it yet. `values` have passed a PlanForm."""
    with context.system(client):
        plan = Plan.objects.create(**values)
        with _own(plan, client):
            _keep(plan, logo)
            trail.record("plan.created", object_kind="plan", object_id=plan.pk)
    return plan


@transaction.atomic
def change_plan(*, plan: Plan, client: str, logo: Logo | None = None, **values: Any) -> Plan:
    with _own(plan, client):
        for name, value in values.items():
            setattr(plan, name, value)
        plan.save(update_fields=[*values])
        _keep(plan, logo)
        trail.record("plan.changed", object_kind="plan", object_id=plan.pk)
    return plan


@transaction.atomic
def set_holidays(
    *, plan: Plan, client: str, add: Mapping[date, str], remove: Iterable[date] = ()
) -> Plan:
    """Change the plan's own holidays. A day that a member was promised already stays."""
    locked = Plan.objects.select_for_update().get(pk=plan.pk)
    days = {**locked.own_holidays, **{day.isoformat(): name for day, name in add.items()}}
    gone = {day.isoformat() for day in remove}
    kept = {day: name for day, name in sorted(days.items()) if day not in gone}
    return change_plan(plan=locked, client=client, own_holidays=kept)


def _own(plan: Plan, client: str) -> AbstractContextManager[context.AccessContext]:
    return context.bind(
        context.AccessContext(plan_id=plan.pk, role=context.SYSTEM_ROLE, client=client)
    )


def _keep(plan: Plan, logo: Logo | None) -> None:
    if logo is None:
        return
    PlanLogo.objects.update_or_create(
        plan=plan, defaults={"name": logo.name, "content": logo.content}
    )
    plan.logo_name, plan.logo_width, plan.logo_height = logo.name, logo.width, logo.height
    plan.save(update_fields=["logo_name", "logo_width", "logo_height"])
