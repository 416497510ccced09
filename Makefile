SHELL := /bin/sh
PY := .venv/bin/python
OURS := $(PY) -m portal.base.embedded
LOCK := requirements/dev.txt

.PHONY: run test sweep soak check bench format reset venv

run: venv
	@exec $(OURS) run

test: venv
	@exec $(OURS) test

sweep: venv
	@SWEEP=full PYTEST_ARGS="tests/sweeps tests/mutations $(PYTEST_ARGS)" exec $(OURS) test

# In one process, which prints what the clients were told.
soak: venv
	@SOAK_SECONDS=$${SOAK_SECONDS:-300} PYTEST_ARGS="tests/faults/test_soak.py -n0 $(PYTEST_ARGS)" \
		exec $(OURS) test

check: venv
	@exec $(OURS) check

bench: venv
	@exec $(OURS) bench

format: venv
	@$(PY) -m ruff check --fix-only --quiet . && $(PY) -m ruff format .

# No server is touched, so this works even when the lock can't be installed.
reset: venv
	@exec $(OURS) reset

venv:
	@sh portal/base/embedded/venv.sh $(LOCK)
