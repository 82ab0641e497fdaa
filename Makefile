# `make run` and `make test` are all that a new machine needs: Python 3.11+ and make.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := --extra models --extra dashboard --extra run --extra dev

.PHONY: run test check format lock train serve clean

.venv/installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@echo "Installing locked dependencies (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

run: .venv/installed ## trains if nothing is trained yet, then serves everything until Ctrl-C
	@exec $(BIN)/diamonds run

train: .venv/installed ## trains every model and promotes the best
	@$(BIN)/diamonds train

serve: .venv/installed ## the HTTP service alone
	@exec $(BIN)/bentoml serve .

test: check ## the whole test suite
	@$(BIN)/pytest

check: .venv/installed ## style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: .venv/installed
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: ## renews requirements.lock from pyproject.toml
	@$(BIN)/uv pip compile pyproject.toml $(EXTRAS) --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url -q -o requirements.lock

clean: ## removes the environment and the embedded database, not the model store
	rm -rf .venv .diamonds
