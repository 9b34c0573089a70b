# Two commands matter: `make demo` and `make test`. `make help` lists the rest.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH := $(shell sed -n 's/.*"\(torch==[^"]*\)".*/\1/p' pyproject.toml)

# Runs with the environment production asks for, without any service behind it.
PRODUCTION := DJANGO_SETTINGS_MODULE=dpe_site.settings.production DPE_SECRET_KEY=$$(printf 'check-%.0s' {1..12})0123456789 \
	DATABASE_URL=postgresql://nobody@localhost/none REDIS_URL=redis://localhost/0 CACHE_URL=redis://localhost/1 \
	DPE_ALLOWED_HOSTS=shop.example

.PHONY: help demo install test check lock bench bench-quality bench-decision clean browser

help:  ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 24

demo: $(VENV)/installed  ## a running shop; DATA=path FORMAT=name loads a data set of yours instead of the generated one
	@exec $(BIN)/python manage.py demo $(if $(DATA),--data "$(DATA)") $(if $(FORMAT),--format "$(FORMAT)")

install: $(VENV)/installed  ## .venv with everything the shop needs

test: $(VENV)/installed-test browser  ## the whole suite: real Postgres, Valkey, workers and browser
	@$(BIN)/python -m pytest $(PYTEST)

check: $(VENV)/installed-test  ## every gate: lint, types, imports, migrations, templates, settings, translations, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --quiet --lint templates
	$(BIN)/python -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python manage.py translations --check
	$(BIN)/python deploy/locks.py check

lock: $(VENV)/installed-test  ## resolve pyproject.toml again into the two lock files
	$(PIP) install --quiet uv
	$(BIN)/python deploy/locks.py write

bench: $(VENV)/installed  ## latency, throughput and memory of a running demo shop
	@$(BIN)/python -m benchmarks.serving

bench-quality: $(VENV)/installed  ## accuracy on the real data sets below DPE_DATA, cell by cell; ARGS="--list" says which
	@$(BIN)/python -m benchmarks.quality $(ARGS)

bench-decision: $(VENV)/installed  ## what each stage of a decision adds and costs, on DPE_DATA and a demo shop; ARGS="--problem beauty"
	@$(BIN)/python -m benchmarks.decision $(ARGS)

clean:  ## forget .venv and every cache; the shop's data in DPE_HOME stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis staticfiles test-artifacts
	find . -name __pycache__ -not -path './.git/*' -prune -exec rm -rf {} +

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed and '$(PYTHON)' is not here. Install it or say PYTHON=/path/to/python3.11." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# torch comes first and by its exact version: the machine's index decides whether that is the CPU or the CUDA build.
# All else is pinned with hashes and brings nothing the lock does not name.
define install_locked
	$(PIP) install "$(TORCH)"
	$(PIP) install --no-deps --require-hashes -r $(1)
	$(PIP) check
	touch $@
endef

$(VENV)/installed: requirements.lock | $(BIN)/python
	$(call install_locked,requirements.lock)

$(VENV)/installed-test: requirements-test.lock | $(BIN)/python
	$(call install_locked,requirements-test.lock)
	touch $(VENV)/installed

browser:
	@if ! command -v "$${DPE_CHROMIUM:-chromium}" >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk; \
		else \
			echo "The browser tests need Chromium. As root: apt-get install chromium fonts-noto-cjk, or set DPE_CHROMIUM=/path." >&2; exit 1; \
		fi; \
	fi
