# Each command makes the environment that it needs in .venv, from a bare Python 3.11 or newer.

PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO ?= .demo
PYTEST ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench docs lock environment clients clean

help:  ## Say what there is
	@sed -n 's/^\([a-z]*\):.*##/make \1 -/p' Makefile

demo: $(VENV)/.ready  ## Install Everlore and show what it does, on a sample project in .demo
	@EVERLORE_HOME=$(DEMO) $(BIN)/lore model pull || echo "No embedding model could be had: the demo recalls by words alone."
	@$(BIN)/lore demo --home $(DEMO)

test: environment clients  ## Run the tests, those against real agent clients too
	$(BIN)/python -m pytest $(PYTEST)

lint: environment  ## Check style, types, floors and generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/docs.py --check

bench: environment  ## Measure recall on the sample project and the speed of operations
	$(BIN)/lore bench recall
	$(BIN)/lore bench ops

docs: environment  ## Write generated files anew
	$(BIN)/python tools/docs.py

lock:  ## Pin the dependencies anew (with uv)
	uv export -q --no-dev --extra semantic --extra onnx --no-emit-project --no-annotate --no-header -o requirements.lock
	uv export -q --all-extras --no-emit-project --no-annotate --no-header -o requirements-dev.lock

environment: $(VENV)/.ready-dev

clients: environment
	@./tools/clients/install.sh
	@./tools/clients/shells.sh
	@./tools/clients/chromium.sh

$(VENV)/.ready: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing Everlore into $(VENV) ..."
	@$(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --editable .
	@touch $@

$(VENV)/.ready-dev: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing Everlore and its tools into $(VENV) ..."
	@$(PIP) --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip --default-pip
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --editable .
	@touch $@ $(VENV)/.ready

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Everlore needs Python 3.11 or newer: make demo PYTHON=python3.12")'
	@$(PYTHON) -m venv $(VENV) || { echo "hint: install the venv module of your Python, such as python3-venv"; exit 1; }

clean:  ## Remove what these commands have made
	rm -rf $(VENV) $(DEMO) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .tools
	find src tests tools -name __pycache__ -type d -exec rm -rf {} +
