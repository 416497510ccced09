"""What a demo shows so that people can try it without a phone. Made-up people alone."""

import base64
import time
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django_otp.oath import totp

from accounts import access, devices
from accounts.models import Plan, User
from accounts.shown import ROLES

NEW = _("New member, who sets up a second step first")


def code_for(user: User) -> str:
    """What this person's app shows now; the next one where that was used. Nothing without an app.

    Raises RuntimeError outside a demo.
    """
    if not settings.DEMO:
        raise RuntimeError("Codes may be shown in a demo alone.")
    device = user.totp_devices.order_by("-confirmed").first()
    return code_of(device) if device else ""


def code_of(device: devices.TotpDevice) -> str:
    now = int(time.time()) // devices.STEP + device.drift
    ahead = min(max(device.last_t + 1 - now, 0), devices.TOLERANCE)
    return f"{totp(base64.b32decode(device.secret), drift=device.drift + ahead):06d}"


def words_for(user: User | None) -> dict[str, Any]:
    """What the pages that ask for a code add in a demo."""
    return {"demo_code": code_for(user)} if settings.DEMO and user else {}


def people(plan: Plan | None) -> list[dict[str, Any]]:
    """Whom the sign-in page of a demo names, by role, and who sets up a second step first."""
    rows: dict[str, dict[str, Any]] = {}
    for user, ready in access.demo_people(plan) if plan else []:
        name = user.role if ready else "new"
        words = ROLES[user.role] if ready else NEW
        rows.setdefault(name, {"role": words, "logins": []})["logins"].append(user.user_id)
    return [rows[name] for name in (*ROLES, "new") if name in rows]
