"""From where people sign in: addresses, kept apart from the trail, which never expires.

No health information. A row goes after `SECURITY_DAYS`; the database refuses to remove it sooner.
"""

import hashlib
import ipaddress
import re
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from portal.base import context
from portal.base.audit.models import Outcome, SecurityEvent

# The first that fits: browsers name those they came from as well.
BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"),
    ("Windows", "Windows"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip


def session_mark(key: str | None) -> str:
    """What stands for a session in every log: who reads it can't use it."""
    return hashlib.sha256((key or "").encode()).hexdigest()[:16]


def agent_family(text: str) -> str:
    """Browser and system from our own lists: what a client sends may hold anything."""
    named = (
        next((name for mark, name in table if re.search(rf"\b{mark}\b", text)), "")
        for table in (BROWSERS, SYSTEMS)
    )
    return ", ".join(name for name in named if name)


def clean_address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address((text or "").strip()))
    except ValueError:
        return None


def note(
    what: str,
    *,
    user_id: UUID | None,
    outcome: Outcome,
    address: str | None,
    agent: str = "",
    session_key: str | None = "",
    reason: str = "",
) -> SecurityEvent:
    """Add one row under the bound context, in the caller's transaction."""
    now = timezone.now()
    return SecurityEvent.objects.create(
        at=now,
        plan_id=context.current().plan_id,
        user_id=user_id,
        what=what,
        outcome=outcome,
        reason_code=reason,
        address=clean_address(address),
        agent=agent_family(agent),
        session=session_mark(session_key) if session_key else "",
        expires_at=now + timedelta(days=settings.SECURITY_DAYS),
    )


def of_person(plan_id: UUID, user_id: UUID) -> QuerySet[SecurityEvent]:
    """What has not expired of one person, newest first."""
    found = SecurityEvent.objects.filter(
        plan_id=plan_id, user_id=user_id, expires_at__gt=timezone.now()
    )
    return found.order_by("-at", "-id")


def purge(before: datetime | None = None) -> int:
    """Remove what has expired. Under a system context."""
    expired = SecurityEvent.objects.filter(expires_at__lte=before or timezone.now())
    return expired.delete()[0]
