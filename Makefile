# From a fresh clone; Python >= 3.11 and make are all that has to be there.
STAMP := .venv/.installed
BIN := .venv/bin
ARGS ?=

.PHONY: help setup run test check bench format

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## a virtual environment with everything, hash-pinned

$(STAMP): requirements/dev.txt requirements/runtime.in pyproject.toml
	@tools/setup.sh $@

run: $(STAMP) ## the whole platform, on the embedded PostgreSQL (ARGS="--config FILE")
	@exec $(BIN)/cordboard serve $(ARGS)

test: $(STAMP) ## every test; where Debian's PostgreSQL can be had, the database tests on that too
	@tools/install_peers.sh
	$(BIN)/pytest -q $(ARGS)
	tools/test_on_debian_postgres.sh

check: $(STAMP) ## lint, format, types, import contracts, the generated documents
	$(BIN)/ruff check src tests tools
	$(BIN)/ruff format --check src tests tools
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/openapi.py --check
	$(BIN)/python tools/inboundxml_reference.py --check
	$(BIN)/python tools/places.py --check

bench: $(STAMP) ## the benchmarks, with what they ran on
	tools/bench.sh

format: $(STAMP) ## the formatting that check asks for
	$(BIN)/ruff format src tests tools
