# Everything a newcomer needs: `make demo`, `make test`. `make help` lists the rest.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: help demo test lint bench clean

help:            ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Terrella needs Python 3.11 or newer; $(PYTHON) is older. Try: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up .venv (once; a minute or two) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: $(STAMP)   ## start a world, lose a region under traffic, write the report
	@$(BIN)/terrella gameday lose_a_region --live --html out --json out/report.json

# Three workers on two cores: the live tests mostly wait.
test: $(STAMP)   ## lint, types and the whole test suite
	@$(BIN)/ruff check src tests
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder

lint: $(STAMP)   ## ruff and mypy
	@$(BIN)/ruff check src tests
	@$(BIN)/mypy

bench: $(STAMP)  ## Terrella and its peers, side by side, as ratios
	@$(BIN)/python -m bench

clean:           ## remove the virtual environment and what runs left behind
	rm -rf $(VENV) .terrella out
