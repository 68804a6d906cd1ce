# The one door to the checkout. `make setup` first, though every other target calls it.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

# PYTHON=python3.13 make setup: the interpreter that .venv is made with; empty means the first suitable one on PATH.
export PYTHON ?=
# More for pytest: make test ARGS='-k certificate -x'
ARGS ?=
BIN := .venv/bin

.PHONY: help setup demo test lint format bench deep lock wheel clean

help:  ## List the targets.
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

# A named interpreter may not be the one that .venv has, so the script looks.
ifneq ($(PYTHON),)
.venv/.ready: look
endif
.PHONY: look
look:

.venv/.ready: requirements/dev.txt pyproject.toml tools/setup.sh
	@tools/setup.sh

setup: .venv/.ready  ## Make .venv with everything, this checkout in it, and fetch the Java runtimes that tests run.
	@tools/jres.sh

demo: .venv/.ready  ## Run the story of the README in a lab on loopback.
	@tools/demo.sh

test: setup  ## Run the tests, except those marked deep.
	@tools/debian-packages.sh
	@tools/proxies.sh
	@tools/servers.sh
	@$(BIN)/pytest -n auto --dist worksteal -m "not deep" $(ARGS)

deep: setup  ## Run the tests marked deep: long fuzzing, large inputs, Windows' own reader.
	@tools/debian-packages.sh
	@tools/wine.sh
	@$(BIN)/pytest -n auto -m deep --hypothesis-profile=deep $(ARGS)
	@$(BIN)/python -m tests.fuzz --seconds 600

lint: .venv/.ready  ## Check style, types and floors.
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

format: .venv/.ready  ## Put the sources into the house's form.
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

bench: setup  ## Measure against the peers, side by side.
	@tools/debian-packages.sh
	@$(BIN)/python -m bench $(ARGS)

lock: .venv/.ready  ## Lock the requirements anew from pyproject.toml (ARGS=--upgrade for the newest).
	@tools/lock.sh $(ARGS)

wheel: .venv/.ready  ## Build dist/*.whl.
	@rm -rf dist
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

clean:  ## Remove everything that was made.
	@rm -rf .venv .tools dist build .coverage .coverage.* .mypy_cache .ruff_cache .import_linter_cache .pytest_cache .hypothesis
