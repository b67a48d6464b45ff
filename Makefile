# Ward: `make run` and `make test` are all a newcomer needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: run test check flask

$(VENV)/run.done: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Ward needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/dev.done: requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) -r requirements-dev.txt
	@touch $@

run: $(VENV)/run.done
	@$(BIN)/python -m app.run

flask: $(VENV)/run.done
	@$(BIN)/python -m app.run flask $(CMD)

test: $(VENV)/dev.done
	@$(BIN)/python -m pytest -q

check: $(VENV)/dev.done
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
