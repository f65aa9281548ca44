# Everything lives in .venv; `install` is a no-op while pyproject.toml and constraints.txt are unchanged.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
# Tests start hundreds of programs: where nobody may keep bytecode, each of them would compile everything anew.
WITH_BYTECODE := env -u PYTHONDONTWRITEBYTECODE
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: install demo test test-fast e2e check format screenshots docs build lock clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("cnitui needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else 0'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	@$(INSTALL) --group test --group check --group docs --editable .
	@touch $(STAMP)

demo: $(STAMP)
	@$(BIN)/cnitui demo

test: $(STAMP) # two workers per core; ARGS="tests/lab -x" runs a part
	@$(WITH_BYTECODE) $(BIN)/python -m pytest -q -n auto --dist worksteal $(ARGS)

test-fast: $(STAMP) # what starts neither a whole lab nor a program: for while you write
	@$(WITH_BYTECODE) $(BIN)/python -m pytest -q -n auto --dist worksteal -k "not in_lab and not scenarios_judged" \
		tests/domain tests/engine tests/gateways tests/tui/widgets tests/tui/panes tests/tui/palette $(ARGS)

e2e: $(STAMP) # against a real API server, in every state of its harness; STATES="broken psa" runs some
	@tests/realcluster/run $(STATES)

check: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(MAKE) --no-print-directory docs

format: $(STAMP)
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

screenshots: $(STAMP)
	@$(INSTALL) --group screenshots
	@$(BIN)/python screenshots/make.py

docs: $(STAMP) # the site: build/site/index.html; a link that leads nowhere is an error
	@$(BIN)/python release/site.py build/docs
	@$(BIN)/zensical build --strict >build/docs.log 2>&1 || { cat build/docs.log; exit 1; }

build: $(STAMP) # wheel, sdist, one executable file, man pages and completions, all looked at: dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build --directory dist >/dev/null
	@$(BIN)/python release/zipapp.py dist/*.whl dist/cnitui.pyz
	@$(BIN)/python release/share.py dist/share
	@$(BIN)/python release/contents.py dist
	@cd dist && sha256sum *.whl *.tar.gz cnitui.pyz > SHA256SUMS && ls -sh

lock: # newest versions that pyproject.toml allows, proven in an environment of their own
	@rm -rf .venv-lock && $(PYTHON) -m venv .venv-lock
	@.venv-lock/bin/python -m pip install --quiet --upgrade "pip>=25.1"
	@.venv-lock/bin/python -m pip install --quiet --group test --group check --group docs --group release --group screenshots --editable .
	@.venv-lock/bin/python -m pip freeze --exclude-editable > constraints.txt
	@rm -rf .venv-lock

clean:
	@rm -rf .venv .venv-lock .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
