# Every target sets itself up: a fresh clone needs Python 3.11+, make and a package index.

.DEFAULT_GOAL := help
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
ARGS ?=
BENCHMARKS ?= throughput enqueue latency backlog memory startup cron
# Tests wait more than they work: one process more than there are cores.
TEST_PROCESSES ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
SEED ?= $(shell date +%s)

# The connection comes from DATABASE_URL or PG*, which the commands read themselves.

.PHONY: help
help: ## Show this help
	@echo 'Usage: make TARGET'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo 'db-dump reads DATABASE_URL or PG*; with neither it migrates a scratch database.'

.PHONY: setup
setup: $(VENV)/installed ## Make .venv and install kongtask with its extras

$(VENV)/installed: pyproject.toml src/kongtask/__init__.py
	@test -n "$(PYTHON)" || { echo 'error: no Python 3.11 or newer found; install one, or name it: make PYTHON=/path/to/python3' >&2; exit 2; }
	@echo 'Setting up $(VENV)…' >&2
	@$(BIN)/python -c '' 2>/dev/null || $(PYTHON) -m venv --clear $(VENV) || { echo 'error: this Python cannot make virtual environments; on Debian and Ubuntu install python3-venv' >&2; exit 2; }
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[embedded,docs,fast,watch,dev]'
	@touch $@

.PHONY: demo
demo: setup ## Migrate, export, prove, compare and run jobs, with a short report
	@$(BIN)/kongtask demo $(ARGS)

.PHONY: db-dump
db-dump: setup ## Export the worker schema, and the one beside it, to their committed files
	@$(BIN)/schema-dump $(ARGS)
	@$(if $(findstring -output,$(ARGS)),,$(BIN)/schema-dump -schema kongtask --if-exists $(ARGS))

.PHONY: db-dump-custom
db-dump-custom: setup ## Export any schema: SCHEMA=name OUTPUT=file.sql
	@test -n "$${SCHEMA}" && test -n "$${OUTPUT}" || { echo 'usage: make db-dump-custom SCHEMA=my_schema OUTPUT=path/to/my_schema.sql' >&2; exit 2; }
	@$(BIN)/schema-dump -schema "$${SCHEMA}" -output "$${OUTPUT}" $(ARGS)

.PHONY: run
run: setup ## Run kongtask with ARGS='…'
	@$(BIN)/kongtask $(ARGS)

.PHONY: test
test: setup ## Run the tests on real PostgreSQL servers
	@$(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal $(ARGS)

.PHONY: test-long
test-long: setup ## Run the property tests with many more examples: SEED=… repeats a run
	@KONGTASK_TEST_LONG=1 $(BIN)/python -m pytest tests/property --hypothesis-seed=$(SEED) $(ARGS)

.PHONY: test-matrix
test-matrix: setup ## Run the tests that know servers on PostgreSQL 13 to 18
	@KONGTASK_TEST_BINARIES="$$($(BIN)/python -m tests.matrix)" $(BIN)/python -m pytest -m every_server $(ARGS)

.PHONY: chaos
chaos: setup ## Let workers and servers go wrong and check what happened: SEEDS=1..3 JOBS=1000 FAULTS=kill,stop+kill,mixed
	@$(BIN)/python -m tests.chaos $(if $(SEEDS),--seeds $(SEEDS)) $(if $(JOBS),--jobs $(JOBS)) $(if $(FAULTS),--faults $(FAULTS)) $(ARGS)

.PHONY: lint
lint: setup ## Check style, types and the import rules
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: bench
bench: setup ## Run the benchmarks, or those of BENCHMARKS='…'; they print ratios beside Graphile Worker
	@for name in $(BENCHMARKS); do \
		echo "== benchmarks/$$name.py"; $(BIN)/python "benchmarks/$$name.py" $(ARGS) || exit 1; done

.PHONY: bench-peers
bench-peers: setup ## Install other Python queues and compare them on one server
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --editable '.[peers]'
	@$(BIN)/python benchmarks/peers.py $(ARGS)

.PHONY: docs
docs: setup ## Write the generated parts of docs/reference
	@$(BIN)/python docs/generate.py
	@$(BIN)/kongtask schema docs docs/reference/schema -schema graphile_worker --format markdown

.PHONY: package
package: setup ## Build the wheel and the sdist into dist/
	@$(BIN)/python -m build --quiet

# SCHEMA and OUTPUT reach the commands through the environment and word for word: neither make nor
# the shell reads a dollar sign or a quote in them.
override SCHEMA := $(value SCHEMA)
override OUTPUT := $(value OUTPUT)
export SCHEMA OUTPUT
