# `make run` and `make test` are all that a new machine needs: Python 3.11+ and make.
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile pyproject.toml --extra models --extra s3 --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url -q
RUNNING := --extra training --extra dashboard --extra run

# A Python that stores no bytecode compiles all that it imports at each start, which takes most of it; some
# containers set the variable to keep their layers small.
unexport PYTHONDONTWRITEBYTECODE
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))

# They would lead away from the environment's own Python and packages.
unexport PYTHONHOME PYTHONPATH PYTHONPLATLIBDIR PYTHONSAFEPATH

# Programs would ask for commands when they end, end at the warnings of libraries, or lack what these read in docstrings.
unexport PYTHONINSPECT PYTHONWARNINGS PYTHONOPTIMIZE

.DEFAULT_GOAL := help
.PHONY: environment environment-dev install install-dev help run train serve bento image test soak benchmark check format docs audit lock clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 10

# Nothing happens where all is installed; where the folder was moved, the Python replaced, the locked dependencies
# renewed, a package removed or an installation killed, the environment is made again.
environment environment-dev: environment%:
	@$(BIN)/python -m scripts.install requirements$*.lock --check 2>/dev/null || $(MAKE) --no-print-directory install$*

# By the first of these Pythons that can.
install install-dev: install%:
	@for each in $(PYTHON); do \
		if $$each -c 'import ensurepip; $(FITS)' 2>/dev/null; then \
			echo "Installing locked dependencies into .venv; this happens once ..."; \
			exec $$each -m scripts.install requirements$*.lock --into .venv; \
		fi; \
	done; \
	set -- $(PYTHON); \
	advice="install Python 3.11 to 3.14, or name one: make PYTHON=..."; \
	command -v $$1 >/dev/null || { echo "There is no $$1 here; $$advice" >&2; exit 1; }; \
	$$1 -c '$(FITS)' || { echo "$$($$1 --version) is too old or too new; $$advice" >&2; exit 1; }; \
	echo "$$1 cannot make virtual environments; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1

run: environment ## trains if nothing is trained yet, then serves everything until Ctrl-C
	@exec $(BIN)/diamonds run

train: environment ## trains every model and promotes the best
	@$(BIN)/diamonds train

serve: environment ## the HTTP service alone
	@exec $(BIN)/bentoml serve .

bento: environment ## builds a Bento with the champion, to serve elsewhere or in a container
	@$(BIN)/python scripts/bento.py

image: environment-dev ## builds the image of a Bento in roots of Debian, without an engine, and tries it; needs root and debootstrap
	@sh scripts/debian.sh .artifacts/debian
	@IMAGE_BASES=.artifacts/debian $(BIN)/pytest -q tests/bento_service/test_bento.py -k image

test: check ## style, types, layers and the whole test suite
	@$(BIN)/pytest -n auto

soak: environment-dev ## twenty minutes under load behind nginx, with promotions and restarts of Postgres
	@SOAK_SECONDS=1200 $(BIN)/pytest -q tests/faults/test_soak.py

benchmark: environment-dev ## runs all benchmarks (hours) and writes docs/benchmarks.md; ONLY="serving similar" for some
	@$(BIN)/python -m benchmarks.report $(if $(ONLY),--only $(ONLY))

check: environment-dev ## style, types and layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy -n auto
	@$(BIN)/lint-imports

format: environment-dev ## puts the code into its style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

docs: environment-dev ## renews the table of settings in the documentation
	@$(BIN)/diamonds settings --markdown > docs/settings.tmp
	@sed -i -e '/^|/d' -e '/<!-- settings -->/r docs/settings.tmp' docs/configuration.md && rm docs/settings.tmp

# In an environment of its own: a dependency of cyclonedx-bom takes a second of each import of Prefect's.
audit: environment-dev ## a bill of materials, the licences and the known vulnerabilities of what is shipped
	@mkdir -p .artifacts
	@$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.lock --output-reproducible -o .artifacts/sbom.cdx.json
	@$(BIN)/pip-licenses --from=mixed --format=csv --output-file=.artifacts/licences.csv \
		--packages $$(sed -n 's/^\([a-z0-9._-]*\)==.*/\1/p' requirements.lock) >/dev/null
	@echo "Wrote .artifacts/sbom.cdx.json (CycloneDX) and .artifacts/licences.csv."
	@$(BIN)/pip-audit -r requirements.lock --require-hashes --disable-pip

lock: environment-dev ## renews the locked dependencies from pyproject.toml: to develop, to run, and to serve alone
	@$(COMPILE) $(RUNNING) --extra dask --extra dev -o requirements-dev.lock
	@$(COMPILE) $(RUNNING) -c requirements-dev.lock -o requirements.lock
	@$(COMPILE) --overrides deploy/without.txt -c requirements.lock -o requirements-serve.lock

clean: ## removes the environment and the embedded database, not the model store
	rm -rf .venv .diamonds
