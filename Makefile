# Two commands on a fresh machine: `make demo` and `make test`.  Both set up first.
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
FOLDER ?= .pictures
# Tests at once, each with a PostgreSQL of its own; many of them wait most of the time.
JOBS ?= 4
# Demo and tests start many processes: each would compile all sources anew, which is most of what a start costs.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup demo serve test pictures test-times lint format docs bench bench-compare lock images audit editor servicenow-app mutants clean

help: ## Show what there is
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  \033[1m%-14s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/gatepost: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Gatepost needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "The venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(BIN)/gatepost ## Make the virtual environment from the lock file

demo: setup ## Play a year and the main job on the embedded default (ARGS=--once ends by itself)
	$(BIN)/gatepost demo $(ARGS)

serve: setup ## Run web and worker in the foreground
	$(BIN)/gatepost serve $(ARGS)

test: setup ## Run the tests (ARGS="-k gates" for some)
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadscope --benchmark-disable $(ARGS)

pictures: setup ## Take pictures of every page and state, in both sizes and themes (FOLDER=.pictures, ARGS="-k empty")
	GATEPOST_TEST_PICTURES=$(FOLDER) $(BIN)/python -m pytest tests/browser/test_pictures.py $(ARGS)

test-times: setup ## Run the tests and list the slowest, and how long each file takes (ARGS as for test)
	$(BIN)/python -m pytest --numprocesses $(JOBS) --dist loadscope --benchmark-disable --durations=40 --durations-min=0.1 -p tests.file_times $(ARGS)

lint: setup ## Format check, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: setup ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## Build the documentation into .site/ (ARGS=serve shows it at http://127.0.0.1:8000)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs $(if $(ARGS),$(ARGS),build --clean)

bench: setup ## Measure; prints ratios and the machine
	$(BIN)/python -m tests.bench $(ARGS)

bench-compare: setup ## Measure this folder and another revision in turn (REV=main, ARGS="pure drain --rounds 3")
	$(BIN)/python -m tests.bench.compare $(REV) $(ARGS)

mutants: setup ## Change the code of the judgement, and see which tests notice (ARGS="governance.gates --of 60")
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "mutmut>=3.8"
	$(BIN)/python -m tests.mutants $(ARGS)

LOCK = uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --quiet

lock: ## Renew requirements.lock from pyproject.toml, and from it the container's (needs uv)
	$(LOCK) --extra embedded --extra dev pyproject.toml -o requirements.lock
	$(LOCK) --constraint requirements.lock pyproject.toml -o deploy/docker/runtime.lock
	printf 'pip-audit\ncyclonedx-bom\ndetect-secrets\n' | $(LOCK) - -o deploy/audit.lock
	echo hatchling | $(LOCK) --constraint requirements.lock - -o deploy/docker/build.lock

images: ## Renew the digests of the images that Dockerfile and compose.yaml start from (needs docker and its registry)
	$(PYTHON) deploy/docker/pin_images.py

audit: setup ## Known vulnerabilities, bill of materials (SBOM) and secrets in the sources, into .audit/
	$(PYTHON) -m venv .audit/tools
	.audit/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r deploy/audit.lock
	.audit/tools/bin/python deploy/audit.py

editor: ## Build the mapping editor's bundle from its sources (needs node and npm)
	cd webhook_server/editor && npm ci --ignore-scripts && npm test && npm run build

servicenow-app: ## Test and pack the ServiceNow app (needs Node.js)
	cd deploy/servicenow-app && npm test && $(PYTHON) pack.py

clean: ## Remove the virtual environment, the demo's data and the built documentation
	rm -rf $(VENV) .gatepost .site .audit
