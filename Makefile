# Everything that is done with the portal from a shell. `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin

# What a real installation would have, for the checks that ask for it.
PRODUCTION := ENV_FILE=/dev/null VAR_DIR=var/lint DATABASE_URL= HUEY_URL= DEBUG=off HTTPS=on \
	SOCIAIR_BASE_URL=https://sms.sociair.com/api SOCIAIR_TOKEN=not-a-token \
	SECRET_KEY=only-for-checks-0123456789-0123456789-abcdefghijklmnopqrstuvwxyz \
	FINGERPRINT_KEY=only-for-checks-of-fingerprints-0123456789 \
	ALLOWED_HOSTS=sms.example.org CSRF_TRUSTED_ORIGINS=https://sms.example.org

.PHONY: help run test test-long lint audit sbom bench screenshots messages
.DEFAULT_GOAL := help

help:
	@echo 'make run    start the portal: in the sandbox, or for real with a token in .env'
	@echo '            (PORT=8000, SANDBOX_PORT=8010 and DATABASE_URL=... can be given)'
	@echo 'make test   run the tests (ARGS="..." goes to pytest); make test-long runs all of them'
	@echo 'make lint   check style, types, migrations, settings and packages with known holes'
	@echo 'make audit  ask PyPI for known holes in the locked packages; needs a network'
	@echo 'make sbom   write the bills of materials into build/ (CycloneDX)'
	@echo 'make bench  measure speed and memory (ARGS="throughput" for a part of it)'
	@echo 'make screenshots  take the pictures in docs/screenshots again'
	@echo 'make messages  write new sentences into locale/ for translation'

run: .venv/.running
	@exec $(BIN)/python -m sociair_portal.launcher

test: .venv/.testing
	@exec $(BIN)/python -m tests $(ARGS)

test-long: .venv/.testing
	@exec $(BIN)/python -m tests --long $(ARGS)

lint: .venv/.testing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	@rm -rf var/lint
	$(PRODUCTION) $(BIN)/python manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@! grep -nE '^ *(-i|-f|--(index-url|extra-index-url|find-links|trusted-host))|://' requirements* \
		|| { echo 'A requirements file says where packages come from. Remove that line.'; exit 1; }
	$(BIN)/python -m dependencies.advisories

# What it could not ask about is a failure too, so that silence is never taken for good news.
audit: .venv/.auditing
	$(BIN)/pip-audit --strict --require-hashes --disable-pip --progress-spinner off \
		-r requirements.txt -r requirements-redis.txt

sbom: .venv/.testing
	@mkdir -p build
	$(BIN)/python -m dependencies.bill requirements.txt > build/sbom.cdx.json
	$(BIN)/python -m dependencies.bill requirements-redis.txt > build/sbom-redis.cdx.json

bench: .venv/.testing
	@exec $(BIN)/python -m benchmarks $(ARGS)

messages: .venv/.testing
	@exec $(BIN)/python -m tests.said

screenshots: .venv/.testing
	SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest -n0 -m browser tests/test_browser.py

# The environment: made once, installed into again when the locked requirements change.

.venv/.made:
	@command -v $(PYTHON) > /dev/null || \
		{ echo '$(PYTHON) was not found. Install Python 3.11 or later.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo '$(PYTHON) is too old. Use Python 3.11 or later: make PYTHON=python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

.venv/.running: requirements.txt | .venv/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@

.venv/.testing: requirements-dev.txt | .venv/.made
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@

.venv/.auditing: requirements-audit.txt | .venv/.testing
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --require-hashes -r $<
	@touch $@
