"""The keys in one file that a passphrase opens: kept apart from what they open.

It opens without settings, on a machine that has nothing yet:
`python -m portal.base.backup.escrow FILE` prints the lines for its settings.
"""

import base64
import getpass
import json
import os
import sys
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from portal.base.backup import manifest
from portal.base.backup.problems import BackupProblem

MARK = "portal-keys-1"
BOUND_TO = MARK.encode()
# A guess costs 128 MB and about half a second.
COST = 2**17
SHORTEST = 16
NONCE, SALT = 12, 16


def save(path: Path, keys: dict[str, str], passphrase: str) -> None:
    if len(passphrase) < SHORTEST:
        raise BackupProblem(
            f"The passphrase has fewer than {SHORTEST} characters: take six words at random."
        )
    refuse_data_near(path)
    salt, nonce = os.urandom(SALT), os.urandom(NONCE)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, json.dumps(keys).encode(), BOUND_TO)
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    body = {"kind": MARK, **{name: base64.b64encode(one).decode() for name, one in parts.items()}}
    try:
        manifest.write(path, lambda file: file.write((json.dumps(body) + "\n").encode()))
    except FileExistsError:
        raise BackupProblem(f"{path} is there already: name a new file.") from None


def load(path: Path, passphrase: str) -> dict[str, str]:
    try:
        body = json.loads(path.read_text())
        salt, nonce, sealed = (base64.b64decode(body[name]) for name in ("salt", "nonce", "sealed"))
    except FileNotFoundError:
        raise BackupProblem(f"There is no file {path}.") from None
    except (ValueError, KeyError, TypeError):
        raise BackupProblem(f"{path} holds no keys, or is damaged.") from None
    try:
        plain = AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, BOUND_TO)
    except (InvalidTag, ValueError):
        raise BackupProblem(
            f"{path} doesn't open: the passphrase is another one, or the file is damaged."
        ) from None
    return dict(json.loads(plain))


def refuse_keys_near(folder: Path) -> None:
    """Data and what opens them must not lie together: whoever finds one then has both."""
    near = [folder, *folder.resolve().parents[:1]]
    found = [path for place in near for path in place.glob("*") if _holds_keys(path)]
    if found:
        raise BackupProblem(f"{found[0]} holds the keys: move it to another place, then try again.")


def refuse_data_near(path: Path) -> None:
    folder = path.resolve().parent
    below = any(folder.glob(f"*/{manifest.NAME}")) or any(folder.glob(f"*/*/{manifest.NAME}"))
    if below or any((place / manifest.NAME).exists() for place in (folder, *folder.parents)):
        raise BackupProblem(f"{folder} holds a backup: keep the keys in another place.")


def _holds_keys(path: Path) -> bool:
    if not path.is_file() or not os.access(path, os.R_OK):
        return False
    with path.open("rb") as file:
        return MARK.encode() in file.read(64)


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(passphrase.encode())


def main() -> int:
    try:
        keys = load(Path(sys.argv[1]), getpass.getpass("Passphrase: "))
    except BackupProblem as problem:
        print(problem, file=sys.stderr)
        return 1
    print("\n".join(f"{name}={value}" for name, value in keys.items() if value))
    return 0


if __name__ == "__main__":
    sys.exit(main())
