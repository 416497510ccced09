"""How the trail is doing, for health checks. An alarm is a line of the log at level error."""

from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext_lazy as _

from portal.base import context
from portal.base.audit import seals, years
from portal.base.audit.keys import NoSigningKey
from portal.base.logs import log

# The sealer tells it anew every 5 seconds, so what nobody tells any more is soon forgotten.
REFUSAL, KEPT_SECONDS = "sealer_refusal", 30
# Whoever asks may read these: no ids and no counts.
REASONS = {
    seals.RowsGone.__name__: _(
        "The sealer refuses: entries of the trail are gone or changed since they were first sealed."
        " Run `manage.py verify_log`: it names the first. Nothing is sealed until this is settled."
    ),
    seals.RowForged.__name__: _(
        "The sealer refuses: an entry of the trail was not written by the portal, or by a part of "
        "it with a newer KEY_RING. Run `manage.py verify_log`: it names the first. Nothing is "
        "sealed until this is settled."
    ),
    NoSigningKey.__name__: _(
        "The sealer refuses: the worker has no LOG_SIGNING_KEY. Set it and restart the worker. "
        "Then run `manage.py verify_log`."
    ),
}


def tell_refusal(error: Exception) -> None:
    """For the worker: only it can see the second place and the signing key."""
    cache.set(REFUSAL, type(error).__name__, KEPT_SECONDS)


def trail_state() -> dict[str, bool | str]:
    """`sealing` is ok, late, refused (then `reason` says why), or restored: then nothing may be
    written until the epoch is raised."""
    with context.system("readyz"):
        word, reason = sealing()
        state: dict[str, bool | str] = {
            "next_partition": years.has_next_partition(),
            "sealing": word,
        }
    if reason:
        state["reason"] = reason
    if word != "ok":
        log.error("audit_not_sealed", state=word)
    if not state["next_partition"]:
        log.error("audit_partition_missing")
    return state


def sealing() -> tuple[str, str]:
    """The word for it, and why if the sealer refuses. No alarm. Under a system context."""
    refusal = REASONS.get(cache.get(REFUSAL, ""))
    try:
        seals.require_epoch(seals.last_seal(), seals.current_epoch())
    except seals.EpochNeeded:
        return "restored", ""
    if refusal:
        return "refused", str(refusal)
    return ("late" if seals.is_late() else "ok"), ""


def takes_lines() -> bool:
    """Whether the trail could take a line now: else no page of a person opens.

    Nothing is written to find out, since anyone may ask.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT current_setting('transaction_read_only') = 'off'
               AND has_any_column_privilege('base_event', 'INSERT')
               AND to_regclass('base_event_' || extract(year FROM now() AT TIME ZONE 'UTC'))
                   IS NOT NULL"""
        )
        return bool(cursor.fetchone()[0])
