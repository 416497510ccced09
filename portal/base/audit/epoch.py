"""A new epoch: after a restore or a promotion a cluster may count transactions from low again."""

from django.utils import timezone

from portal.base.audit import anchor, keys
from portal.base.audit.owner import as_owner


def raise_epoch() -> tuple[int, int]:
    """Begin the next epoch; return it, and the last seal before it.

    Waits for every transaction that has written to the trail, and holds back new ones: what the
    earlier epoch left unsealed is then all there is of it.
    """
    keys.require()
    with as_owner() as cursor:
        cursor.execute("LOCK TABLE base_event IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SELECT coalesce(max(number), 0) FROM base_seal")
        after = int(cursor.fetchone()[0])
        cursor.execute("UPDATE base_epoch SET epoch = epoch + 1 RETURNING epoch")
        epoch = int(cursor.fetchone()[0])
        # Each line gets it from here: looking it up took a sixth of an append.
        cursor.execute(f"ALTER TABLE base_event ALTER COLUMN epoch SET DEFAULT {epoch}")
        at = timezone.now().isoformat()
        signature = keys.sign(anchor.epoch_signed(epoch, after, at)).hex()
        anchor.append({"epoch": epoch, "after": after, "at": at, "signature": signature})
    return epoch, after
