"""How the trail is doing, for health checks. An alarm is a line of the log at level error."""

from portal.base import context
from portal.base.audit import seals, years
from portal.base.logs import log


def trail_state() -> dict[str, bool | str]:
    """`sealing` is ok, late, or restored: then nothing may be written until the epoch is raised."""
    with context.system("readyz"):
        state: dict[str, bool | str] = {
            "next_partition": years.has_next_partition(),
            "sealing": _sealing(),
        }
    if state["sealing"] != "ok":
        log.error("audit_not_sealed", state=state["sealing"])
    if not state["next_partition"]:
        log.error("audit_partition_missing")
    return state


def _sealing() -> str:
    try:
        seals.require_epoch(seals.last_seal(), seals.current_epoch())
    except seals.EpochNeeded:
        return "restored"
    return "late" if seals.is_late() else "ok"
