# Two commands do everything: `make up` and `make test`. They need Python ≥ 3.11, make and PyPI.

PYTHON ?= python3
PORT ?= 8000
DATA ?=
ONLY ?=
BIN := .venv/bin

.PHONY: up test check bench

# Starts everything on an embedded PostgreSQL, loads the demo, prints the address and the logins.
up: .venv/up
	@exec $(BIN)/quickserve up --stop-with-parent --port $(PORT) $(if $(DATA),--data "$(DATA)")

# More than two cores' worth: most of the time a test waits for a server, a lease or a timeout.
test: .venv/dev
	$(BIN)/python -m pytest -n 4 --dist loadgroup tests

# What a reviewer would otherwise have to say: format, types, layers, tidiness.
check: .venv/dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/basedpyright
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest -n 2 tests/tidy

# Prints figures beside a peer's or a limit's and writes build/bench.json; ONLY=name runs one.
bench: .venv/dev
	$(BIN)/python -m bench $(ONLY)

.venv/bin/uv:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "QuickServe needs Python 3.11 or newer: make PYTHON=python3.12 …")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

.venv/up: .venv/bin/uv requirements.lock
	$(BIN)/uv pip install --quiet --compile-bytecode --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/dev: .venv/up requirements-dev.lock
	$(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.lock
	@touch $@
