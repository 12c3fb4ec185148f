# Two commands for a newcomer: `make demo` and `make test`. Both make their own environment in .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

.PHONY: help demo test check bench bench-quick soak format clean

help: ## show this help
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit("Overgang needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what Overgang needs into $(VENV) (the first time about a minute)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $(STAMP)

$(DEV): $(STAMP) requirements-dev.lock
	@echo "installing what the tests need (the first time about a minute)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.lock
	@touch $(DEV)

demo: $(STAMP) ## seed SQLite with the synthetic cluster, serve, play the three journeys, stay up
	$(BIN)/overgang demo

test: $(DEV) ## pass everything, on SQLite and PostgreSQL
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: $(DEV) ## ruff, import contracts, types, pure tests: fast to slow
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy
	$(BIN)/pyright
	$(BIN)/python -m pytest -n 2 tests/consent tests/schemas tests/architecture

bench: $(DEV) ## measure every figure we claim, as ratios taken in one run
	$(BIN)/python -m bench

bench-quick: $(DEV) ## the same in under two minutes
	$(BIN)/python -m bench --quick

soak: $(DEV) ## long trials: fuzzing, kills, mutation
	OVERGANG_SOAK=1 $(BIN)/python -m pytest -n 2 tests -m soak

format: $(DEV) ## format and fix what can be fixed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean: ## remove the environment and the demo database
	rm -rf $(VENV) var
