# Every task of the project. `make` alone lists them.

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed
PORT ?= 8000
PORTAL_PORT ?= 9000
OAUTH_PORT ?= 9001
CI ?=
TESTS_AT_ONCE ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-full test-deps run sandbox check fix bench bench-quick faults security audit screens lock db

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(DEV) ## Make the virtual environment with everything in it

demo: $(RUNTIME) ## Sandbox portal with the app in its frame: the way to see Pinline
	@exec $(BIN)/python -m scripts.demo --app-port $(PORT) --portal-port $(PORTAL_PORT) --oauth-port $(OAUTH_PORT)

test: $(if $(filter 1 true yes,$(CI)),test-deps) check ## Lint, types and all tests
	$(BIN)/python -m pytest -n $(TESTS_AT_ONCE) --dist loadfile

test-full: $(DEV) ## Every state in every width, theme and language: hours; ARGS="-k panel" takes a part
	CROSS=full $(BIN)/python -m pytest -n $(TESTS_AT_ONCE) tests/browser/test_states.py $(ARGS)

test-deps: ## Install what the tests need from Debian's packages (says what first)
	@scripts/test_deps.sh

run: $(RUNTIME) ## The app alone against a real portal, with the settings of .env
	$(BIN)/flask db upgrade
	@exec $(BIN)/gunicorn 'app:create_app()'

sandbox: $(RUNTIME) ## The sandbox portal alone
	@exec $(BIN)/python -m sandbox --portal-port $(PORTAL_PORT) --oauth-port $(OAUTH_PORT) --app-url http://127.0.0.1:$(PORT)

check: $(DEV) ## Lint, format, types and bandit
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy app
	$(BIN)/bandit -q -r app

fix: $(DEV) ## Mend what lint and format can mend by themselves
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV) ## All measurements, about ten minutes
	$(BIN)/python -m bench

bench-quick: $(DEV) ## The measurements of speed and size, about two minutes
	$(BIN)/python -m bench --quick

faults: $(DEV) ## All 60 faults and the races in full, resumable; leaves a table in docs/fault-runs.md
	$(BIN)/python -m tests.faults

security: $(DEV) ## All 24 threats in full size, resumable; leaves a table in docs/security-runs.md
	$(BIN)/python -m tests.security

audit: $(DEV) ## Known vulnerabilities of the pinned packages; asks PyPI, so it is no part of `make test`
	@$(BIN)/python -m scripts.audit

screens: $(DEV) ## Take the screenshots of docs/screens anew
	$(BIN)/python -m tests.states

lock: $(DEV) ## Compile the .in files into pinned requirements
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file=requirements.txt requirements.in
	$(BIN)/pip-compile -q --strip-extras --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file=requirements-dev.txt requirements-dev.in

db: $(RUNTIME) ## Bring the database of .env to today's schema
	$(BIN)/flask db upgrade

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Pinline needs Python 3.11 or newer, and this machine has none." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Pinline needs Python 3.11 or newer; $(PYTHON) is older." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments: install python3-venv (Debian) first." >&2; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): requirements.txt | $(BIN)/python
	@echo "Installing what Pinline needs (about a minute, once) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	@echo "Installing what its tests and checks need (about a minute, once) ..."
	@$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@
