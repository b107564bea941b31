# Everything is done through this file; `make help` lists it. It keeps to GNU make 3.81 and POSIX sh (macOS).
.DEFAULT_GOAL := help
.PHONY: setup run demo test check fix bench docs help

# The first Python that is new enough, best one that can make virtual environments; `make setup PYTHON=/path/to/it`
# chooses another. The system's own comes first: those that version managers compile are slower, mostly.
PYTHON ?= $(shell for needed in ensurepip sys; do \
	for python in /usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11; do \
		$$python -c "import sys, $$needed; sys.exit(sys.version_info < (3, 11))" 2>/dev/null && echo $$python && exit; \
	done; done)
BIN := .venv/bin
NPM_CI := npm ci --prefer-offline --no-audit --no-fund --loglevel=error --prefix

WEB_APP := src/tallybook/delivery/web/static/index.html

# uv works on the Python found above and on nothing else. What is compiled stays compiled, here and at every
# start of a server, whatever the caller's Python is told.
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
unexport UV_PYTHON VIRTUAL_ENV PYTHONDONTWRITEBYTECODE

setup: .venv/.synced tests/channels/node/node_modules/.installed $(WEB_APP) ## install what is missing and build the web app; offline when nothing changed

run: setup ## serve on http://127.0.0.1:8000
	$(BIN)/tallybook serve

demo: export TALLYBOOK_DATABASE_URL := sqlite:///data/demo.db
demo: setup ## serve a demo on http://127.0.0.1:8000, filled the first time
	@test -e data/demo.db || $(BIN)/tallybook demo || { rm -f data/demo.db*; exit 1; }
	$(BIN)/tallybook serve

test: setup ## run all tests; ARGS="-k ledger" goes to pytest
	npm test --silent --prefix web
	$(BIN)/pytest -n auto --maxprocesses 4 $(ARGS)

check: setup ## lint, formatting, types, layers, web app, documentation
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	npm run --silent --prefix web lint
	npm run --silent --prefix web typecheck
	npm run --silent --prefix web budget
	@$(MAKE) --no-print-directory docs

fix: setup ## format, and repair what can be repaired by machine
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	npm run --silent --prefix web lint -- --fix

bench: setup ## print the figures of every benchmark; ONLY=name for one
	$(BIN)/python -m benchmarks $(ONLY)

docs: .venv/.synced ## build the documentation into build/docs
	$(BIN)/python -m docs.generate
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky docs build/docs

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# What follows runs only when its inputs are newer than the stamp it leaves, inside the folder it fills.

.venv/bin/python:
	@test -n "$(PYTHON)" || { \
		echo "Python 3.11 or newer is needed; python3 is $$(python3 --version 2>/dev/null || echo missing)." >&2; \
		echo "Install one (Debian and Ubuntu: apt-get install python3 python3-venv), or say make PYTHON=/path/to/it." >&2; \
		exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) cannot make virtual environments." >&2; \
		echo "Debian and Ubuntu: apt-get install $$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')" >&2; \
		exit 1; }
	$(PYTHON) -m venv --clear .venv

.venv/bin/uv: | .venv/bin/python
	@$(BIN)/python -m ensurepip >/dev/null
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

.venv/.synced: pyproject.toml uv.lock | .venv/bin/uv
	@$(BIN)/uv sync --locked --quiet --compile-bytecode --offline 2>/dev/null || { \
		echo "downloading what uv.lock names"; $(BIN)/uv sync --locked --quiet --compile-bytecode; }
	@$(BIN)/python -m compileall -q src
	@touch $@

%/node_modules/.installed: %/package.json %/package-lock.json
	@node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor < 2019 ? 1 : 0)' \
		2>/dev/null && command -v npm >/dev/null || { \
		echo "Node.js 20.19 or newer and npm are needed; node is $$(node --version 2>/dev/null || echo missing), npm is $$(npm --version 2>/dev/null || echo missing)." >&2; \
		exit 1; }
	$(NPM_CI) $*
	@touch $@

$(WEB_APP): web/node_modules/.installed \
		$(shell find web -name node_modules -prune -o -type f ! -name '*.test.*' ! -name '*.tsbuildinfo' -print)
	npm run build --silent --prefix web
	@touch $@
