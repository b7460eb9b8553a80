# Each target sets up what it needs in .venv first; Python 3.11+ and a network are all it finds.
# CI calls only these.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help


.PHONY: help setup lock test-brokers fmt lint types test test-all demo bench alerts kill-loop schemas lock-jars clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMP) ## install everything into .venv

$(STAMP): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	@VIRTUAL_ENV=$(VENV) $(BIN)/uv pip install --quiet --no-deps -e .
	@touch $(STAMP)

EXTRAS := --extra cpu --extra broker --extra exporters --group dev

fmt: setup ## format the code in place
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: setup ## check style, types and layers; changes nothing
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: setup ## all tests, with a real Apache Kafka that they start themselves
	$(BIN)/pytest -q -m "not three_brokers"

test-brokers: setup ## kill one of three brokers; wants the machine to itself
	$(BIN)/pytest -q -m three_brokers

demo: setup ## watch real models route a bilingual conversation on a real Kafka
	$(BIN)/chat-router demo

bench: setup ## throughput, CPU per message and latency, with ratios
	$(BIN)/python -m tests.bench

alerts: setup ## how right the alerts are on the untouched half of the written conversations
	$(BIN)/python -m tests.alerts

kill-loop: setup ## 300 random kills under load, verified by an independent checker
	CHAT_ROUTER_KILLS=300 $(BIN)/pytest -q -s -m kafka tests/service/test_kill_loop.py --timeout 7200

schemas: setup ## write the JSON Schemas, the AsyncAPI document and docs/configuration.md again
	$(BIN)/python -m consumer.contract.generate
	$(BIN)/python -m consumer.settings > docs/configuration.md
	$(BIN)/python -m consumer.settings README.md

lock-jars: setup ## resolve the broker's jars again and write their hashes
	$(BIN)/python -m consumer.broker.lock

lock: setup ## resolve the dependencies again, with hashes
	$(BIN)/uv pip compile --quiet pyproject.toml $(EXTRAS) --universal --generate-hashes \
	  --no-header --upgrade -o requirements.lock

clean: ## remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
