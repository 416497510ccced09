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
    if [ ! -w . ]; then
        echo "$(pwd) can't be written: copy it to a folder of your own, and run it there." >&2
        exit 1
    fi
    if ! "$found" -c 'import shutil, sys; sys.exit(shutil.disk_usage(".").free < 800 * 2**20)'; then
        echo "The disk that holds $(pwd) is full: free 800 MB, then try again." >&2
        exit 1
    fi
    echo "Making .venv ..."
    if ! "$found" -m venv --clear .venv; then
        echo "The folder .venv could not be made: see above." >&2
        exit 1
    fi
fi
digest=$(.venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$lock")
if [ "$(cat .venv/lock.sha256 2>/dev/null || true)" = "$digest" ]; then
    exit 0
fi
printf 'Installing the locked requirements (a minute or two the first time) ...'
said=.venv/pip.log
.venv/bin/python -m pip install --disable-pip-version-check --require-hashes -r "$lock" >"$said" 2>&1 &
pip=$!
# What runs in the background doesn't hear a Ctrl-C.
trap 'kill "$pip" 2>/dev/null; echo; exit 130' INT TERM HUP
seconds=0
while kill -0 "$pip" 2>/dev/null; do
    printf .
    sleep 1
    seconds=$((seconds + 1))
done
if ! wait "$pip"; then
    echo
    cat "$said" >&2
    echo "The requirements could not be installed: see above (network, disk space or a changed package)." >&2
    exit 1
fi
echo " done in $seconds s"
echo "$digest" >.venv/lock.sha256
