# Two commands for a fresh machine: `make demo` and `make test`. Each installs what it needs into .venv.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
# A folder's time changes when a file comes or goes; then the editable install links it anew.
FOLDERS := $(shell find loop compiler schema cartridges -type d -not -name __pycache__)

.PHONY: demo test check lint bench clean

demo: $(VENV)/.demo
	$(BIN)/looplet-compile check cartridges
	$(BIN)/looplet run cartridges/git_detective.cartridge \
		"Where is the risk in this repository?" --input repo=. --scripted
	$(BIN)/looplet run cartridges/hello.cartridge "Greet Ada and Grace" --scripted

test: $(VENV)/.test $(VENV)/.node
	$(BIN)/python -m pytest

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

check: lint test

bench: $(VENV)/.dev
	$(BIN)/python tests/bench/run.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: $(VENV)/bin/python pyproject.toml $(FOLDERS)
	$(BIN)/python -m pip install --quiet --editable '.[compiler]'
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml $(FOLDERS)
	$(BIN)/python -m pip install --quiet --editable '.[test]'
	@touch $@

# Servers that others wrote, and a browser, for the tests; without npm those tests are skipped.
$(VENV)/.node: $(VENV)/bin/python tests/node/package.json tests/node/package-lock.json
	@mkdir -p $(VENV)/node && cp tests/node/*.json $(VENV)/node
	@if command -v npm > /dev/null; then \
		npm ci --prefix $(VENV)/node --no-audit --no-fund --ignore-scripts --loglevel=error; \
	else echo "no npm: the tests that need servers from npm are skipped"; fi
	@touch $@

$(VENV)/.dev: $(VENV)/bin/python pyproject.toml $(FOLDERS)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info
