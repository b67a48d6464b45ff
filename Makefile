# Ward: `make run` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --require-hashes

.PHONY: run flask test check shots bench lock

run: $(VENV)/run.done
	@exec $(BIN)/python -m app.run

# make flask CMD="user create --help": a flask command on the embedded database.
flask: $(VENV)/run.done
	@$(BIN)/python -m app.run flask $(CMD)

test: $(VENV)/dev.done
	@scripts/chromium
	@$(BIN)/python -m pytest -q -n auto --maxprocesses 4 --dist load $(ARGS)

check: $(VENV)/dev.done
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet . || { echo "Run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/platform/test_migrations.py tests/core/test_route_table.py tests/look

shots: $(VENV)/dev.done
	@scripts/chromium
	@$(BIN)/python -m tests.shots

bench: $(VENV)/dev.done
	@$(BIN)/python -m tests.bench

# After a change of requirements*.in: pin everything anew (needs pip-tools).
lock:
	@for name in requirements requirements-dev; do \
	  pip-compile --quiet --strip-extras --generate-hashes --no-emit-index-url --no-emit-trusted-host \
	    --no-emit-find-links --no-header --output-file $$name.txt $$name.in || exit 1; done

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("Ward needs Python 3.11 or newer." if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv $(VENV) || { echo "On Debian: apt-get install python3-venv"; rm -rf $(VENV); exit 1; }

$(VENV)/run.done: requirements.txt | $(VENV)/bin/python
	@echo "Installing what Ward needs …"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.done: requirements-dev.txt | $(VENV)/bin/python
	@echo "Installing what the tests need …"
	@$(PIP) -r requirements-dev.txt
	@touch $@ $(VENV)/run.done
