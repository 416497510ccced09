# Makes .venv and installs the locked requirements; does nothing when the lock is unchanged.
set -eu
lock=$1
for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        found=$python
        break
    fi
done
if [ -z "${found:-}" ]; then
    echo "Python 3.11 or newer is needed: install it, or name it, as in PYTHON=/path/to/python3 make run." >&2
    exit 1
fi
# A folder that was moved, or whose Python is gone, is made again.
if ! .venv/bin/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    if ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "This Python can't make virtual environments: install its venv package (python3-venv on Debian and Ubuntu)." >&2
        exit 1
    fi
    echo "Making .venv ..."
    "$found" -m venv --clear .venv
fi
digest=$(.venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$lock")
if [ "$(cat .venv/lock.sha256 2>/dev/null || true)" = "$digest" ]; then
    exit 0
fi
echo "Installing the locked requirements (a minute or two the first time) ..."
if ! .venv/bin/python -m pip install --disable-pip-version-check --require-hashes -r "$lock"; then
    echo "The requirements could not be installed: see above (network, disk space or a changed package)." >&2
    exit 1
fi
echo "$digest" >.venv/lock.sha256
