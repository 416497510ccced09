"""The guards of the trail: what is looked at before a seal is signed, and at each check."""

from collections.abc import Iterator

from tests.mutations.mutant import Mutant
from tests.mutations.of_sign_in import Guard, mutants_of

MARKS = "base/test_marks.py"
SEALS = "base/test_verify.py base/test_trail.py base/test_marks.py"

OF_TRAIL: tuple[Guard, ...] = (
    (
        "the sealer looks at no mark",
        MARKS,
        "portal.base.audit.seals",
        "if not marks.fits(leaf, mark):",
        "if False:",
    ),
    (
        "the check looks at no mark",
        MARKS,
        "portal.base.audit.tail",
        'if not marks.fits(row["row_hash"], row["mark"]):',
        "if False:",
    ),
    (
        "the sealer signs copies",
        MARKS,
        "portal.base.audit.seals",
        "if copied := doubled([row[1] for row in found]):",
        "if copied := set():",
    ),
    (
        "the check passes over copies",
        MARKS,
        "portal.base.audit.tail",
        'if row["id"] in doubled:',
        "if False:",
    ),
    (
        "a mark of nothing fits all",
        MARKS,
        "portal.base.audit.marks",
        'hmac.digest(key, row_hash, "sha256"), mark)',
        'hmac.digest(key, b"", "sha256"), hmac.digest(key, b"", "sha256"))',
    ),
    (
        "what waits is not hashed",
        SEALS,
        "portal.base.audit.tail",
        'if row_hash(row) != row["row_hash"]:',
        "if False:",
    ),
    (
        "the quick look hashes no line",
        SEALS,
        "portal.base.audit.check",
        "return listed == due.hex().encode() and hashes == leaves",
        "return listed == due.hex().encode()",
    ),
    (
        "the quick look compares no list",
        SEALS,
        "portal.base.audit.check",
        "return listed == due.hex().encode() and hashes == leaves",
        "return hashes == leaves",
    ),
    (
        "the quick look counts no rows",
        SEALS,
        "portal.base.audit.check",
        "if not good or at != seal.count:",
        "if not good:",
    ),
    (
        "the quick look forgets what was wrong before",
        SEALS,
        "portal.base.audit.check",
        "good = good and _are_signed(some, due)",
        "good = _are_signed(some, due)",
    ),
    (
        "the quick look looks at no date",
        SEALS,
        "portal.base.audit.check",
        "if newest > seal.sealed_at + SLACK or earliest < latest - SLACK:",
        "if False:",
    ),
)


def all_mutants() -> Iterator[Mutant]:
    yield from mutants_of(*OF_TRAIL)
    yield Mutant(
        "lines without a mark are taken",
        (f"tests/{MARKS}",),
        sql="ALTER TABLE base_event DROP CONSTRAINT base_event_marked",
    )
