# Each target sets up what it needs in .venv first; Python 3.11+ and a network are all it finds.
# CI calls only these.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help


.PHONY: help setup lock prometheus tools dashboards real-run fmt lint types test test-all demo bench alerts kill-loop schemas pictures lock-jars clean

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

prometheus: $(STAMP) ## promtool and prometheus from the Debian package, unless they are there
	@.ci/prometheus $(BIN)

# Debug builds: they take two thirds of the time, and what the tests ask of them is little.
GO_BUILD := ../../$(BIN)/go build -buildvcs=false -gcflags='all=-N -l -dwarf=false' -ldflags='-s -w'

tools: $(BIN)/helm $(BIN)/docker-compose ## Helm and Docker Compose, built from .ci/*/go.mod

$(BIN)/helm: .ci/helm/go.mod .ci/helm/go.sum | $(STAMP)
	cd .ci/helm && $(GO_BUILD) -o ../../$@ helm.sh/helm/v4/cmd/helm

$(BIN)/docker-compose: .ci/compose/go.mod .ci/compose/go.sum | $(STAMP)
	cd .ci/compose && $(GO_BUILD) -o ../../$@ github.com/docker/compose/v2/cmd

test: setup prometheus tools ## all tests, with a real Apache Kafka that they start themselves
	$(BIN)/pytest -q

demo: setup ## watch real models route a bilingual conversation on a real Kafka
	$(BIN)/chat-router demo

bench: setup ## throughput, CPU per message and latency, with ratios
	$(BIN)/python -m tests.bench

alerts: setup ## how right the alerts are on the untouched half of the written conversations
	$(BIN)/python -m tests.alerts

kill-loop: setup ## 300 random kills under load, verified by an independent checker
	CHAT_ROUTER_KILLS=300 $(BIN)/pytest -q -s -m kafka tests/service/test_kill_loop.py --timeout 7200

real-run: setup prometheus ## break a real service in every way and see each quick alert fire and clear
	CHAT_ROUTER_TEST_REAL_RUN=whole $(BIN)/pytest -q -s tests/ops/test_real_run.py --timeout 1800

dashboards: setup ## write the Grafana dashboards and the metrics table again
	$(BIN)/python -m consumer.telemetry.dashboards helm/chat-router/files/dashboards
	$(BIN)/python -m consumer.telemetry docs/operations.md

schemas: setup ## write the JSON Schemas, the AsyncAPI document and the reference pages again
	$(BIN)/python -m consumer.contract.generate
	$(BIN)/python -m consumer.settings > docs/configuration.md
	$(BIN)/python -m consumer.settings README.md
	$(BIN)/python -m tests.deploy.generate
	$(BIN)/python -m tests.docs.contract_page docs/contract.md

pictures: setup ## draw the pictures of README and tour again
	$(BIN)/python -m tests.docs.pictures docs/pictures

lock-jars: setup ## resolve the broker's jars again and write their hashes
	$(BIN)/python -m consumer.broker.lock

lock: setup ## resolve the dependencies again, with hashes
	$(BIN)/uv pip compile --quiet pyproject.toml $(EXTRAS) --universal --generate-hashes \
	  --no-header --upgrade -o requirements.lock
	@for image in cpu gpu; do \
	  $(BIN)/uv pip compile --quiet pyproject.toml --extra $$image -c requirements.lock --universal \
	    --generate-hashes --no-header -o requirements.$$image.lock || exit 1; \
	done

clean: ## remove .venv and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
