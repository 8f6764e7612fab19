# Two commands matter: `make demo` and `make test`. `make help` lists the rest. While working,
# `make test-fast lint types` answers within minutes.
#
# Each environment is a stamp inside it: a second make is instant, a changed lock file
# rebuilds. Everything installed is pinned with hashes; where pip fetches it from is left
# to pip's own configuration.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
LOCK_VENV := .venv-lock
PYTHON ?=
MUSIC ?=
INTO ?= demo
# Tests wait for browsers, killed processes and Spark: one and a half at a time per core keep it busy.
JOBS ?= $(shell echo $$(( ($$(getconf _NPROCESSORS_ONLN) * 3 + 1) / 2 )))
# Passed through the environment, so that any folder name survives the shell.
export MUSIC INTO

bin := $(VENV)/bin
pip = $(1)/bin/python -m pip --disable-pip-version-check --no-input
# The package itself: built by what requirements/build.txt pins, not by what is newest.
install_self = $(call pip,$(VENV)) install -qq --no-deps --no-build-isolation --editable .

.PHONY: help demo test test-fast coverage lint types format lock bench costs docs messages pictures docs-site clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp  ## Get real music, scan it and write a report; MUSIC=folder scans your own
	@# Status 3 means that some files can't be read. The command says so, and make continues.
	@$(bin)/phonoscope demo --into "$$INTO" $${MUSIC:+--music "$$MUSIC"} || [ $$? -eq 3 ]

# Tests start hundreds of processes: what they import is compiled once, and not by each.
pytest = env -u PYTHONDONTWRITEBYTECODE $(bin)/python -m pytest
# tests/fast.txt names test files that take a few CPU-seconds each, and all doctests.
fast = -n 2 -m "not slow and not browser and not spark" @tests/fast.txt

test: $(VENV)/dev.stamp  ## Run all tests and doctests
	$(pytest) -n $(JOBS) --maxprocesses 8 --dist worksteal

test-fast: $(VENV)/dev.stamp  ## Run what a developer runs while working: no browser, no Spark, nothing slow
	$(pytest) $(fast)

# The figure and the floor below which this fails: [tool.coverage.report] in pyproject.toml.
coverage: $(VENV)/dev.stamp  ## Measure how much of the code the fast tests run, processes they start included
	rm -rf build/coverage
	$(pytest) $(fast) --cov --cov-report=term:skip-covered --cov-report=html

lint: $(VENV)/dev.stamp  ## Check style, format, spelling, plain words and the direction of imports
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/codespell
	$(bin)/python -m tools.plain_words
	$(bin)/lint-imports

types: $(VENV)/dev.stamp  ## Check types: mypy, strict
	$(bin)/mypy

format: $(VENV)/dev.stamp  ## Put the code into ruff's format
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

bench: $(VENV)/dev.stamp  ## Measure speed as a ratio to bare decoding, on MUSIC or the demo's music
	$(bin)/python bench/throughput.py "$${MUSIC:-demo/music}"

costs: $(VENV)/dev.stamp  ## Compare what a scan costs with bench/costs_baseline.json; 30 % more fails
	$(bin)/python -m bench.costs --short

docs: $(VENV)/dev.stamp  ## Write the pages on commands, tables and findings from the code itself
	$(bin)/python -m phonoscope.cli.reference > docs/cli.md.new
	mv docs/cli.md.new docs/cli.md
	$(bin)/python -m phonoscope.catalogue.schema.tables > docs/schema.md.new
	mv docs/schema.md.new docs/schema.md
	$(bin)/python -m phonoscope.findings.reference > docs/findings.md.new
	mv docs/findings.md.new docs/findings.md

messages: $(VENV)/dev.stamp  ## Write the template of all messages, for translators
	$(bin)/python -m tools.messages > phonoscope/locale/phonoscope.pot.new
	mv phonoscope/locale/phonoscope.pot.new phonoscope/locale/phonoscope.pot

pictures: demo $(VENV)/dev.stamp  ## Take the README's pictures again, from the demo's catalogue
	$(bin)/python -m tools.pictures "$$INTO/catalogue"

docs-site: $(VENV)/dev.stamp  ## Build the documentation site into build/site; any warning fails
	NO_MKDOCS_2_WARNING=1 $(bin)/mkdocs build --strict --quiet

# ---- environments ----------------------------------------------------------------------

# What pip compiles when it installs the package.
compiled = hatch_build.py phonoscope/compiled/loops.c

$(VENV)/run.stamp: requirements/run.txt requirements/build.txt pyproject.toml $(compiled)
	@$(call make_venv,$(VENV))
	@echo "Installing what Phonoscope needs into $(VENV) ..." >&2
	@$(call pip,$(VENV)) install -qq --require-hashes -r requirements/build.txt
	@$(call pip,$(VENV)) install -qq --require-hashes -r requirements/run.txt
	@$(install_self)
	@touch $@

# requirements/dev.txt holds everything of run.txt in the same versions, so it satisfies both.
$(VENV)/dev.stamp: requirements/dev.txt requirements/build.txt pyproject.toml $(compiled)
	@$(call make_venv,$(VENV))
	@echo "Installing what Phonoscope and its tests need into $(VENV) ..." >&2
	@$(call pip,$(VENV)) install -qq --require-hashes -r requirements/build.txt
	@$(call pip,$(VENV)) install -qq --require-hashes -r requirements/dev.txt
	@$(install_self)
	@touch $(VENV)/run.stamp $@

define make_venv
	sh requirements/venv.sh '$(1)' '$(PYTHON)'
endef

# ---- locks -----------------------------------------------------------------------------

compile = $(LOCK_VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --custom-compile-command 'make lock'

lock: $(LOCK_VENV)/stamp  ## Compile requirements/*.txt from pyproject.toml (UPGRADE=1: newest)
	$(compile) $(if $(UPGRADE),--upgrade) --all-extras --group dev pyproject.toml \
		-o requirements/dev.txt
	$(compile) --extra web pyproject.toml -c requirements/dev.txt -o requirements/run.txt
	$(compile) $(if $(UPGRADE),--upgrade) requirements/build.in -c requirements/dev.txt \
		-o requirements/build.txt
	$(compile) $(if $(UPGRADE),--upgrade) requirements/lock.in -o requirements/lock.txt

$(LOCK_VENV)/stamp: requirements/lock.txt
	@$(call make_venv,$(LOCK_VENV))
	@$(call pip,$(LOCK_VENV)) install -qq --require-hashes -r requirements/lock.txt
	@touch $@

clean:  ## Remove the environments, caches and the demo's catalogue
	rm -rf $(VENV) $(LOCK_VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist demo .coverage
	find phonoscope tests bench -name __pycache__ -type d -prune -exec rm -rf {} +
