# Every goal sets up what it needs first; nothing is made twice. `make help` lists them.
PYTHON ?= python3
PORT ?= 8888
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup lab test lint format wheel docs bench clean

help: ## this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

setup: ## .venv, node modules, the built extension, Airflow's environment, Chromium
	@$(PYTHON) scripts/setup_environment.py

lab: ## JupyterLab on the Start here notebook, with a local Ray and MLflow (PORT=8888)
	@$(PYTHON) scripts/setup_environment.py lab
	@exec $(BIN)/python scripts/lab.py --port $(PORT)

test: setup ## every check and every test: Python, TypeScript, the real browser (ARGS="-k ..." goes to pytest)
	@exec $(BIN)/python scripts/checks.py all $(ARGS)

lint: setup ## ruff, mypy, import-linter, eslint, prettier, stylelint
	@exec $(BIN)/python scripts/checks.py lint

format: setup ## let ruff, prettier, eslint and stylelint mend what they can
	$(BIN)/ruff check --fix --quiet . || true
	$(BIN)/ruff format --quiet .
	PATH="$(CURDIR)/$(BIN):$$PATH" jlpm lint

wheel: setup ## dist/*.whl with the production build
	rm -rf dist
	SKIP_JUPYTER_BUILDER=1 $(BIN)/python -m build --wheel --no-isolation

docs: setup ## the documentation as site/index.html
	$(BIN)/sphinx-build --fail-on-warning --quiet docs site

bench: setup ## one line of figures a benchmark
	@for file in bench/bench_*.py; do $(BIN)/python $$file || exit 1; done

clean: ## remove what is built (not .venv, .venvs and node_modules)
	rm -rf dist build site lib test-artefacts jupyterlab_tsml/labextension kernel/tsml_kernel/static tsconfig.tsbuildinfo
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .cache/setup/labextension.key
