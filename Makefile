# Unspread: build, try and test on one machine. Needs Python 3.13, Node 20 and make; `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

PYTHON ?= $(shell command -v python3.13 || command -v python3)
PORT ?= 0

VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(PYTHON) -m tests.local.venv
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---------------------------------------------------------------------------------------------- environments
.PHONY: develop
develop: ## Make .venv, the developer's environment, from its lock file
	@$(INSTALL) $(VENV) tests/requirements.txt --editable

.PHONY: setup
setup: develop ## Make those that running takes: the developer's, sam's, the emulator's
	@$(INSTALL) .local/venvs/sam tests/local/requirements-sam.txt
	@$(INSTALL) .local/venvs/ministack tests/local/requirements-ministack.txt

.PHONY: environments
environments: ## Make those that tests take as well, all at once, for most of it is waiting
	@trap 'kill $$(jobs -p) 2>/dev/null || true' EXIT; \
	$(INSTALL) $(VENV) tests/requirements.txt --editable & all=$$!; \
	for name in sam ministack; do $(INSTALL) .local/venvs/$$name tests/local/requirements-$$name.txt & all="$$all $$!"; done; \
	$(INSTALL) .local/venvs/security tests/security/requirements.txt & all="$$all $$!"; \
	$(INSTALL) .local/venvs/exchange tests/exchange/requirements.txt || [ -z "$${ALL:-}" ]; \
	for each in $$all; do wait $$each; done

.PHONY: lock
lock: develop ## Resolve all lock files anew
	$(COMPILE) $(UPGRADE) --output-file tests/requirements.txt tests/requirements.in pyproject.toml
	for layer in imaging unspread; do $(COMPILE) --constraint tests/requirements.txt \
		--output-file layers/$$layer/requirements.txt layers/$$layer/requirements.in; done
	$(COMPILE) $(UPGRADE) --output-file tests/local/requirements-sam.txt tests/local/requirements-sam.in
	$(COMPILE) $(UPGRADE) --output-file tests/local/requirements-ministack.txt tests/local/requirements-ministack.in
	$(COMPILE) $(UPGRADE) --output-file tests/exchange/requirements.txt tests/exchange/requirements.in
	$(COMPILE) $(UPGRADE) --output-file tests/security/requirements.txt tests/security/requirements.in

# --------------------------------------------------------------------------------------------------- trying
.PHONY: run
run: setup ## Deploy on this machine, play the main job, serve until Ctrl-C (PORT=... to choose the port)
	@exec $(BIN)/python -m tests.local run --port $(PORT)

.PHONY: demo
demo: setup ## The same, and exit with a status
	@exec $(BIN)/python -m tests.local demo --port $(PORT)

.PHONY: build
build: setup ## Build functions and layers for this machine
	@$(BIN)/python -m tests.local build

# -------------------------------------------------------------------------------------------------- testing
# The reference client of participants is compiled. Where it cannot be, its tests are left out aloud; ALL=1 makes that an error.
# The chaos run waits most of its time and wants a stack of its own: it runs beside the other deployed stack, and so do the browsers.
# Files are handed out in the order given, those that take long first. What failed is said once more at the end.
.PHONY: test
test: environments check ## Everything: lint, types, unit, template, browsers, end to end (about 20 minutes on two cores)
	@suites="tests/security tests/unit tests/template"; \
	if [ -e .local/venvs/exchange/made-from ]; then suites="tests/exchange $$suites"; \
	else printf '\nNOT RUN: tests/exchange. The package threatexchange needs a C++ compiler and CMake.\n\n'; fi; \
	$(BIN)/pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder $$suites
	@$(BIN)/python -m tests.local build
	@export UNSPREAD_BUILT=1; \
	$(BIN)/pytest tests/browser tests/e2e/test_chaos.py > .local/beside.log 2>&1 & beside=$$!; \
	status=0; $(BIN)/pytest tests/artefacts tests/e2e --ignore tests/e2e/test_chaos.py 2>&1 | tee .local/before.log || status=$$?; \
	wait $$beside || status=$$?; \
	cat .local/beside.log; \
	grep -hE '^(FAILED|ERROR|E  ) ?' .local/before.log .local/beside.log | tail -n 40 || true; exit $$status

.PHONY: check
check: develop ## Lint, format and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

.PHONY: audit
audit: develop ## Known weaknesses: of the template (checkov), of the pinned packages (pip-audit, asks PyPI)
	@$(INSTALL) .local/venvs/security tests/security/requirements.txt
	@$(BIN)/pytest tests/security
	@for lock in layers/*/requirements.txt tests/requirements.txt; do echo "$$lock"; \
		.local/venvs/security/bin/pip-audit --strict --disable-pip --require-hashes --requirement $$lock; done

.PHONY: licences
licences: develop ## Print what is shipped, and under what licence
	@$(BIN)/python -m tests.support.licences

.PHONY: unit
unit: develop ## Unit and template tests
	@$(BIN)/pytest --numprocesses 2 --dist loadfile tests/unit tests/template

.PHONY: browser
browser: setup ## The page in real browsers
	@$(BIN)/pytest tests/browser

.PHONY: e2e
e2e: setup ## Built functions on their own, then the deployed stack (UNSPREAD_STACK=running: that of `make run`)
	@$(BIN)/pytest tests/artefacts tests/e2e

.PHONY: bench
bench: develop ## Benchmarks
	@$(BIN)/python -m tests.benchmarks

.PHONY: soak
soak: setup ## Long runs: the tests marked "soak", a million hashes, costs, and mutated files by the thousand
	@$(BIN)/pytest -m soak tests
	@$(BIN)/python -m tests.benchmarks.million
	@$(BIN)/python -m tests.benchmarks.costs
	@$(BIN)/python -m tests.benchmarks.pulling
	@$(BIN)/python -m tests.fuzz.hashing_mutations --count 10000 --seed 1

# ------------------------------------------------------------------------------------------------- the rest
.PHONY: openapi
openapi: develop ## Write docs/openapi.json from the code
	@$(BIN)/python -m tests.support.openapi

.PHONY: schemas
schemas: develop ## Write the JSON Schemas of docs/events/ from the code
	@$(BIN)/python -m tests.support.event_schemas

.PHONY: format
format: develop ## Put the code in form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

.PHONY: clean
clean: ## Remove what was built and installed
	rm -rf .aws-sam .local .venv .mypy_cache .ruff_cache .hypothesis build dist layers/unspread/*.egg-info
	rm -rf functions/page/web/node_modules tests/browser/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
