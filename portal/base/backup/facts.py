"""What is in a database, told by its owner: counts, rules, and what must be at hand to read it."""

import base64
import hashlib
from typing import Any

from django.conf import settings
from django.db import connections

from portal.base.audit import keys, seals
from portal.base.audit.models import Seal
from portal.base.backup.programs import OWNER
from portal.base.crypto import ring

# Old sessions must not come back to life, and counters of tries mean nothing later.
LEFT_OUT = ("django_session", "base_cache")
# Which role may do what, which policies and which triggers there are, by name: their texts are
# put another way by another version of Postgres.
RULES = """
SELECT c.relname, 'grant', a.privilege_type FROM pg_class c, LATERAL aclexplode(c.relacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 'portal_app'::regrole
UNION SELECT c.relname, 'grant ' || t.attname, a.privilege_type FROM pg_class c
    JOIN pg_attribute t ON t.attrelid = c.oid, LATERAL aclexplode(t.attacl) a
    WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = 'portal_app'::regrole
UNION SELECT tablename, 'policy', policyname || ' ' || cmd FROM pg_policies
UNION SELECT relname, 'secured', '' FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relrowsecurity
UNION SELECT c.relname, 'trigger', t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT t.tgisinternal
ORDER BY 1, 2, 3
"""


def told() -> dict[str, Any]:
    """By the snapshot of the owner's transaction."""
    last = Seal.objects.using(OWNER).order_by("-number").defer("manifest").first()
    return {
        "plans": int(_ask("SELECT count(*) FROM accounts_plan")[0][0]),
        "rows": rows(),
        "rules": rules(),
        "last_seal": last.number if last else 0,
        "last_root": seals.chain_hash(last).hex() if last else "",
        "ring_keys": [row[0] for row in _ask(RING_KEYS)],
        "blind_key": blind_key(),
        "public_keys": [keys.encoded(one) for one in keys.public_keys()],
        "migrations": [f"{app}.{name}" for app, name in _ask(MIGRATIONS)],
    }


RING_KEYS = (
    "SELECT ring_key_id FROM base_keyholder WHERE ring_key_id <> ''"
    " UNION SELECT old_ring_key_id FROM base_keyholder WHERE old_ring_key_id <> ''"
)
MIGRATIONS = "SELECT app, name FROM django_migrations ORDER BY id"
TABLES = (
    "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
    " AND relnamespace = 'public'::regnamespace ORDER BY relname"
)


def tables() -> list[str]:
    return [name for (name,) in _ask(TABLES)]


def rows() -> dict[str, int]:
    """How many rows each table has. Exact, so it reads all of them."""
    return {
        name: int(_ask(f'SELECT count(*) FROM "{name}"')[0][0])  # noqa: S608  the catalog's names
        for name in tables()
        if name not in LEFT_OUT
    }


def rules() -> str:
    return hashlib.sha256(repr(_ask(RULES)).encode()).hexdigest()


def blind_key() -> str:
    return ring.key_id(base64.b64decode(settings.BLIND_KEY))


def _ask(query: str) -> list[tuple[Any, ...]]:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall())


def being_replaced() -> bool:
    """Whether data are being sealed anew, which moves files."""
    return bool(
        _ask("SELECT EXISTS (SELECT FROM base_keyholder WHERE old_wrapped IS NOT NULL)")[0][0]
    )
