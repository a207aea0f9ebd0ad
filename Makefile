# The commands of this repository. `make` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help up down test test-fast lint interop bench tour docs lock clean

AGENCY ?= include/sandbox/agency
PYTHON ?= python3.11
UV_VERSION := 0.13.9
VENV := .venv
BENCH_VENV := .venv-bench
INSTALLED := $(VENV)/.installed
INTEROP_INSTALLED := $(VENV)/.installed-interop
BENCH_INSTALLED := $(BENCH_VENV)/.installed
ARCHIVE := $(VENV)/bin/archive --agency $(AGENCY)
# uv installs in seconds; without it pip does the same in minutes.
# Compiled at once: Great Expectations and Airflow take three times as long to start otherwise.
INSTALL := if [ -x $(VENV)/bin/uv ]; then $(VENV)/bin/uv pip install --compile-bytecode --python
PIP_INSTALL := pip install --disable-pip-version-check --progress-bar off

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: $(INSTALLED) ## start everything on this machine and harvest the sample agency
	@$(ARCHIVE) up

down: ## stop what `make up` started; what is archived stays
	@if [ -x $(VENV)/bin/archive ]; then $(ARCHIVE) down; else echo "Nothing was ever started here."; fi

test: $(INTEROP_INSTALLED) ## run the whole test suite (about half an hour on two cores)
	$(VENV)/bin/pytest -m "not interop and not e2e" -n 2 --dist loadfile --durations=10
	$(VENV)/bin/pytest -m e2e --durations=3

test-fast: $(INSTALLED) ## only the tests that need no servers (seconds)
	$(VENV)/bin/pytest -m "not slow and not interop and not e2e" -q

lint: $(INSTALLED) ## style, types, and the arrows between the parts
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

interop: $(INTEROP_INSTALLED) ## against servers that are not ours (Node 22, Postgres 15)
	bash tests/interop/setup.sh
	$(VENV)/bin/pytest -m interop --durations=10

bench: $(INSTALLED) $(BENCH_INSTALLED) ## measure beside dlt and a bare loop; rows go to .archive/bench.json
	BENCH_PYTHON=$(CURDIR)/$(BENCH_VENV)/bin/python $(VENV)/bin/python -m tests.bench.run

tour: $(INSTALLED) ## the life of a record, narrated, in a quarter of an hour
	@$(ARCHIVE) tour

docs: $(INSTALLED) ## write the tables of docs/reference.md and README.md anew from the code
	@$(VENV)/bin/python docs/generate.py

lock: $(INSTALLED) ## pin requirements*.in anew into requirements*.txt
	$(VENV)/bin/uv pip compile -q --upgrade --python-version 3.11 requirements.in -o requirements.txt
	for part in production interop; do \
	  $(VENV)/bin/uv pip compile -q --upgrade --python-version 3.11 requirements-$$part.in -o requirements-$$part.txt || exit 1; done
	$(VENV)/bin/uv pip compile -q --upgrade --python-version 3.11 requirements-bench.in -o requirements-bench.txt

clean: ## remove the virtual environments and caches; .archive (the records) stays
	@if [ -x $(VENV)/bin/archive ]; then $(ARCHIVE) down; fi
	rm -rf $(VENV) $(BENCH_VENV) .pytest_cache .hypothesis .ruff_cache .mypy_cache .import_linter_cache build *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "The archive itself is in .archive; remove it by hand if you mean it."

$(VENV)/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is missing: apt-get install python3.11"; exit 1; }
	@echo "Making the virtual environment $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "This Python makes no virtual environments: apt-get install python3.11-venv"; exit 1; }

$(INSTALLED): $(VENV)/bin/python requirements.txt pyproject.toml
	@$(VENV)/bin/python -m $(PIP_INSTALL) -q uv==$(UV_VERSION) || echo "uv is not to be had; pip takes longer"
	@echo "Installing the packages of requirements.txt (1 GB, once)"
	@$(INSTALL) $(VENV)/bin/python -r requirements.txt; else $(VENV)/bin/python -m $(PIP_INSTALL) -r requirements.txt; fi
	@$(INSTALL) $(VENV)/bin/python --no-deps -e .; else $(VENV)/bin/python -m $(PIP_INSTALL) --no-deps -e .; fi
	@touch $@

$(INTEROP_INSTALLED): $(INSTALLED) requirements-interop.txt
	@$(INSTALL) $(VENV)/bin/python -r requirements-interop.txt; else $(VENV)/bin/python -m $(PIP_INSTALL) -r requirements-interop.txt; fi
	@touch $@

# dlt pins an older S3 client than ours, so the peer of `make bench` lives apart.
$(BENCH_INSTALLED): $(INSTALLED) requirements-bench.txt
	@$(PYTHON) -m venv $(BENCH_VENV)
	@$(INSTALL) $(BENCH_VENV)/bin/python -r requirements-bench.txt; else $(BENCH_VENV)/bin/python -m $(PIP_INSTALL) -r requirements-bench.txt; fi
	@touch $@
