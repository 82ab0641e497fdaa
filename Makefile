# `make run` and `make test` are all that a new machine needs: Python 3.11+ and make.
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := --extra models --extra dashboard --extra run --extra dev
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run train serve test check format docs lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

# Its age tells whether the environment is complete and as new as the locked dependencies.
.venv/installed: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "There is no $(PYTHON) here; install Python 3.11 or newer, or name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$$($(PYTHON) --version) is too old; install Python 3.11 or newer, or name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "Installing locked dependencies into .venv; this happens once ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

run: .venv/installed ## trains if nothing is trained yet, then serves everything until Ctrl-C
	@exec $(BIN)/diamonds run

train: .venv/installed ## trains every model and promotes the best
	@$(BIN)/diamonds train

serve: .venv/installed ## the HTTP service alone
	@exec $(BIN)/bentoml serve .

test: check ## style, types, layers and the whole test suite
	@$(BIN)/pytest

check: .venv/installed ## style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/installed ## puts the code into its style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: .venv/installed ## renews the table of settings in the documentation
	@$(BIN)/diamonds settings --markdown > docs/settings.tmp
	@sed -i -e '/^|/d' -e '/<!-- settings -->/r docs/settings.tmp' docs/configuration.md && rm docs/settings.tmp

lock: .venv/installed ## renews requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml $(EXTRAS) --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -q -o requirements.lock

clean: ## removes the environment and the embedded database, not the model store
	rm -rf .venv .diamonds
