# The environment lies in .venv; a touched file in it says that it is complete.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without a compiler on this machine, the demo brings one along (zig, from PyPI).
EXTRAS := $(shell for c in c++ g++ clang++; do command -v $$c >/dev/null && exit; done; echo ,zig)

.PHONY: demo test lint benchmark clean

demo: $(VENV)/.demo
	$(BIN)/jupyter execute --inplace notebooks/01-quickstart.ipynb
	$(BIN)/python -m cppmagic cache info

test: $(VENV)/.test lint
	CPPMAGIC_CACHE_DIR=.kits $(BIN)/python -m cppmagic prepare
	$(BIN)/python -m pytest -n 2 --dist loadfile

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

benchmark: $(VENV)/.test
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e '.[demo$(EXTRAS)]'
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e '.[demo,test]'
	touch $@

clean:
	rm -rf $(VENV) .kits build *.egg-info .pytest_cache .mypy_cache .ruff_cache
