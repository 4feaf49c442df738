# The environment lies in .venv; a touched file in it says that it is complete.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Without a compiler on this machine, the demo brings one along (zig, from PyPI).
EXTRAS := $(shell for c in c++ g++ clang++; do command -v $$c >/dev/null && exit; done; echo ,zig)
# A wheel brings share/ along; an editable installation does not.
SHARED := labextensions/cppmagic nbconvert/templates/base/conf.json
LINK_SHARE = for each in $(SHARED); do mkdir -p $(VENV)/share/jupyter/$$(dirname $$each) \
	&& ln -sfn $(CURDIR)/share/jupyter/$$each $(VENV)/share/jupyter/$$each || exit; done

.PHONY: demo test lint benchmark labextension clean

demo: $(VENV)/.demo
	$(BIN)/jupyter execute --inplace notebooks/01-quickstart.ipynb
	$(BIN)/python -m cppmagic cache info

test: $(VENV)/.test lint
	CPPMAGIC_CACHE_DIR=.kits $(BIN)/python -m cppmagic prepare
	CPPMAGIC_CACHE_DIR=.kits $(BIN)/python -m cppmagic prepare --plain -O 0
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

benchmark: $(VENV)/.test
	$(BIN)/python -m benchmarks

# The extension for JupyterLab, from labextension/ into share/: only those who change it need this,
# and Node.js for it.
labextension:
	cd labextension && npm ci --ignore-scripts --no-audit --no-fund && npm run build

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e '.[demo$(EXTRAS)]'
	$(LINK_SHARE)
	touch $@

$(VENV)/.test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q -e '.[demo,test]'
	$(LINK_SHARE)
	touch $@

clean:
	rm -rf $(VENV) .kits build *.egg-info .pytest_cache .mypy_cache .ruff_cache
	rm -rf labextension/lib labextension/node_modules
