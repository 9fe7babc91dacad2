# From a fresh clone; Python >= 3.11 and make are all that has to be there.
STAMP := .venv/.installed
BIN := .venv/bin
ARGS ?=
# Tests that mind nobody else; the others hear sound in real time, or start many processes.
# The longest come first, so that both processes end at about the same time.
SIDE_BY_SIDE := $(addprefix tests/system/test_,serve.py fuzz.py kill.py contacts_import.py upload_kill.py campaign_kill.py) \
	$(addprefix tests/interop/test_,newman.py node_smpp.py kannel.py) tests/speech \
	tests/unit tests/wire tests/engines tests/carriers tests/api tests/sip tests/console tests/sockets \
	tests/campaigns tests/live_lists tests/callcenter

.PHONY: help setup run test check bench format

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## a virtual environment with everything, hash-pinned

$(STAMP): requirements/dev.txt requirements/runtime.in pyproject.toml
	@tools/setup.sh $@

run: $(STAMP) ## the whole platform, on the embedded PostgreSQL (ARGS="--config FILE")
	@exec $(BIN)/cordboard serve $(ARGS)

test: $(STAMP) ## every test, on Debian's PostgreSQL too where it can be had (ARGS="PATH", only those)
	@tools/install_peers.sh
ifdef ARGS
	$(BIN)/pytest -q $(ARGS)
else
	$(BIN)/pytest -q -n 2 $(SIDE_BY_SIDE)
	$(BIN)/pytest -q $(addprefix --ignore=,$(SIDE_BY_SIDE))
	tools/test_on_debian_postgres.sh
endif

check: $(STAMP) ## lint, format, types, import contracts, the generated documents
	$(BIN)/ruff check src tests tools
	$(BIN)/ruff format --check src tests tools
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/openapi.py --check
	$(BIN)/python tools/errors.py --check
	$(BIN)/python tools/inboundxml_reference.py --check
	$(BIN)/python tools/places.py --check
	$(BIN)/python tools/workflow_pictures.py --check

bench: $(STAMP) ## the benchmarks, with what they ran on
	tools/bench.sh

format: $(STAMP) ## the formatting that check asks for
	$(BIN)/ruff format src tests tools
