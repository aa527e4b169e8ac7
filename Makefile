# Two commands do it: `make app` opens the map, `make test` passes the tests.
# Each sets everything up first; python3 (3.11 or newer) and a package index are all they need.

PYTHON ?= python3
BIN := $(if $(filter Windows_NT,$(OS)),.venv/Scripts,.venv/bin)
WORKERS ?= 2

.PHONY: help setup app test test-long lint bench build pin clean

help:
	@echo "make app    set up and open the map"
	@echo "make test   set up and run the tests"
	@echo "make test-long  the tests that take longer; with make test, all there are"
	@echo "make lint   formatting, lint and strict types"
	@echo "make bench  measure speed beside the peers (an hour, 3 GB of disk); prints ratios"
	@echo "make build  build the wheel into dist/"
	@echo "make pin    write constraints.txt from the packages installed"
	@echo "make clean  remove the environment and what the tools leave behind"

setup:
	@$(PYTHON) bootstrap.py

app: setup
	@$(BIN)/corridor app

test: setup
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m "not long"

test-long: setup
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup -m long

lint: setup
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: setup
	@status=0; for script in coverage_speed scale fit_speed network_speed routing_speed siting_speed app_speed app_memory user_tasks; do \
		$(BIN)/python benchmarks/$$script.py || status=1; done; exit $$status

build: setup
	@$(BIN)/python -m build --wheel --outdir dist .

pin: setup
	@$(BIN)/python -m pip freeze --exclude-editable | grep -v ' @ ' > constraints.txt

clean:
	@rm -rf .venv .venv-peers dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
