# Everything lives in .venv; `install` is a no-op while pyproject.toml and constraints.txt are unchanged.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.PHONY: install demo test e2e check format screenshots lock clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("cnitui needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group test --group check --editable .
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/cnitui demo

test: $(STAMP) # one worker per core; ARGS="tests/lab -x" runs a part
	@$(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

e2e: $(STAMP) # against a real API server, in every state of its harness; STATES="broken psa" runs some
	@tests/realcluster/run $(STATES)

check: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

screenshots: $(STAMP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --group screenshots
	@$(BIN)/python screenshots/make.py

lock: # newest versions that pyproject.toml allows, proven in an environment of their own
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	@.venv-lock/bin/python -m pip install --quiet --group test --group check --editable .
	@.venv-lock/bin/python -m pip freeze --exclude-editable > constraints.txt
	@rm -rf .venv-lock

clean:
	@rm -rf .venv .venv-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
