# Everything that the project does is a target here; `make` alone lists them.
# What a target needs and does not find it installs at a pinned version into
# .cache, or says how to get it.

PYTHON  ?= python3
DIR     ?= .devengine
CACHE   := .cache
UV      := $(CACHE)/uv/bin/uv
TOOLS   := $(CACHE)/tools/bin
AIRFLOW := 3.3
VENVS   := $(CACHE)/airflow-2.11/.ready $(CACHE)/airflow-3.3/.ready
# Without grpc's own tracing page, which nobody opens and which weighs 360 KB.
GOBUILD := CGO_ENABLED=0 go build -tags grpcnotrace -trimpath -ldflags "-s -w"
ENGINE  := eval "$$(bin/devengine env --dir $(DIR))" && export PATH="$(CURDIR)/bin:$$PATH" AIRDOCK_TEST_ENGINE=1

# The helper runs on the engine's machine, whatever this machine is.
HELPERS := plugin/volume/program/helpers.tar.zst

# The peer for builds; without it the others are measured all the same.
BUILDX  := $(CACHE)/docker/cli-plugins/docker-buildx

.DEFAULT_GOAL := help
.PHONY: help build helpers demo up down test test-unit test-engine test-devengine test-airflow test-wheels test-ui test-dind wheels docs bench bench-go check generate format clean

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-16s %s\n", $$1, $$2}'

build: helpers ## Make bin/airdock, bin/airdock-plugin and bin/devengine, static and stripped
	$(GOBUILD) -o bin/ ./cmd/airdock ./cmd/airdock-plugin ./cmd/devengine

helpers: $(HELPERS) ## Make the helper for the engine's side, which airdock-plugin carries

demo: build up $(CACHE)/airflow-$(AIRFLOW)/.ready ## Run the tutorial DAG's task on a TLS engine, from nothing
	@$(ENGINE) && scripts/demo.sh $(CACHE)/airflow-$(AIRFLOW) $(DIR)

up: build ## Start the development engine (DIR=.devengine)
	@bin/devengine up --dir $(DIR) >/dev/null

down: ## Stop the development engine and remove all that it left
	@test ! -x bin/devengine || bin/devengine down --dir $(DIR)

test: test-unit test-engine test-airflow test-wheels test-ui test-dind test-devengine ## Run all tests, against a TLS engine that this starts and stops
	@bin/devengine down --dir $(DIR)

test-unit: prerequisites helpers ## Run the Go tests that need no engine, with the race detector where gcc is
	go vet ./... && go test $(if $(shell command -v gcc),-race) ./...

test-engine: build up $(TOOLS)/.ready ## Run the scenarios of the command line on the engine
	@command -v ssh >/dev/null || apt-get install -y --no-install-recommends openssh-client
	$(ENGINE) && go test -count=1 -timeout 20m ./e2e/...

test-airflow: build up $(VENVS) ## Run the operator and every tutorial DAG in Airflow 2.11 and 3.3
	@command -v jq >/dev/null || apt-get install -y --no-install-recommends jq
	@command -v docker >/dev/null || apt-get install -y --no-install-recommends docker-cli || apt-get install -y --no-install-recommends docker.io
	@for v in 2.11 3.3; do ($(ENGINE) && scripts/test_airflow.sh $(CACHE)/airflow-$$v) || exit 1; done

test-wheels: build up $(UV) $(CACHE)/airflow-3.3/.ready ## Make the wheels twice, and run the tutorials from one beside a bare Airflow
	@$(ENGINE) UV="$(CURDIR)/$(UV)" && cd pythonshim && "$(CURDIR)/$(CACHE)/airflow-3.3/bin/python" -m pytest -q -o tmp_path_retention_policy=failed tests_wheels

test-ui: build up $(CACHE)/airflow-3.3/.ready $(CACHE)/ui/.ready ## Look at the connection and the logs in Airflow's own UI; pictures in build/ui
	@$(ENGINE) && scripts/test_ui.sh $(CACHE)/airflow-3.3 $(CACHE)/ui

test-dind: build up wheels $(CACHE)/dind/airflow/.ready $(CACHE)/dind/docker-compose ## Bring up deploy/compose.yaml on that engine, and run every tutorial in it
	@$(ENGINE) && cd cmd/devengine && go test -count=1 -timeout 20m -tags dind -run '^Test(Tutorials|Celery)'

test-devengine: build ## Run the tests that bring up engines of their own
	go test -count=1 -timeout 20m -tags devengine ./cmd/devengine/...

wheels: prerequisites $(UV) ## Make the sdist and a wheel for each platform, in dist/
	scripts/wheels.sh $(UV) $(PYTHON) dist

docs: $(CACHE)/docs/.ready $(TOOLS)/.ready ## Make the site of README.md and docs/ in site/, and check its links
	scripts/docs.sh $(TOOLS) $(CACHE)/docs

bench-go: helpers ## Measure log framing, event encoding and tar, with their allocations
	go test -run '^$$' -bench . -benchmem ./plugin/...

bench: build $(CACHE)/bench/.ready $(CACHE)/airflow-3.3/.ready $(BUILDX) up ## Measure beside the official provider, docker-py, the docker CLI and a bare client (ONLY="start logfile", QUICK=1, PUBLISH=1)
	@$(ENGINE) && scripts/bench.sh $(CACHE)/airflow-3.3 $(CACHE)/bench $(ONLY)

check: build $(TOOLS)/.ready $(CACHE)/docs/.ready ## Check format, vet, tidiness, generated code, import rules, ruff, mypy, links
	scripts/check.sh $(TOOLS) $(CACHE)/docs

generate: $(TOOLS)/.ready ## Make the code of protocol/airdock.proto anew, for Go and Python
	scripts/generate.sh $(TOOLS) .

format: $(TOOLS)/.ready ## Format Go and Python
	gofmt -w $$(git ls-files '*.go' | grep -v '\.pb\.go$$')
	$(TOOLS)/ruff format pythonshim dags bench && $(TOOLS)/ruff check --fix pythonshim dags bench

clean: down ## Remove the binaries and the caches of this folder
	rm -rf bin $(CACHE)

.PHONY: prerequisites
prerequisites:
	@scripts/prerequisites.sh $(PYTHON)

$(HELPERS): cmd/airdock-helper/main.go $(filter-out %_test.go,$(wildcard plugin/tree/*.go plugin/volume/talk/*.go)) plugin/volume/generate.go go.mod | prerequisites
	go generate ./plugin/volume

$(UV): requirements/uv.txt
	@scripts/prerequisites.sh $(PYTHON)
	$(PYTHON) -m venv $(CACHE)/uv
	$(CACHE)/uv/bin/pip install -q -r requirements/uv.txt && touch $@

$(TOOLS)/.ready: requirements/tools.txt $(UV)
	$(UV) venv -q --clear --python $(PYTHON) $(CACHE)/tools
	$(UV) pip install -q --python $(CACHE)/tools/bin/python -r requirements/tools.txt
	GOBIN="$(CURDIR)/$(TOOLS)" go install tool
	@touch $@

$(CACHE)/docs/.ready: requirements/docs.txt $(UV)
	$(UV) venv -q --clear --python $(PYTHON) $(CACHE)/docs
	$(UV) pip install -q --python $(CACHE)/docs/bin/python -r requirements/docs.txt
	@touch $@

$(CACHE)/bench/.ready: requirements/bench.txt $(UV)
	$(UV) venv -q --clear --python $(PYTHON) $(CACHE)/bench
	$(UV) pip install -q --python $(CACHE)/bench/bin/python -r requirements/bench.txt
	@touch $@

$(BUILDX): requirements/buildx.txt
	@mkdir -p $(@D)
	-v=$$(cat requirements/buildx.txt) && GOBIN="$(CURDIR)/$(@D)" go install -ldflags "-X github.com/docker/buildx/version.Version=$$v" github.com/docker/buildx/cmd/buildx@$$v && mv $(@D)/buildx $@

$(CACHE)/ui/.ready: requirements/ui.txt $(UV)
	$(UV) venv -q --clear --python $(PYTHON) $(CACHE)/ui
	$(UV) pip install -q --python $(CACHE)/ui/bin/python -r requirements/ui.txt
	@touch $@

# What the test makes an image of: the packages for Debian's Python, to be moved.
$(CACHE)/dind/airflow/.ready: requirements/airflow-3.3.txt $(UV)
	$(UV) venv -q --clear --seed --relocatable --python /usr/bin/python3 $(CACHE)/dind/airflow
	$(UV) pip install -q --python $(CACHE)/dind/airflow/bin/python -r requirements/airflow-3.3.txt
	@touch $@

$(CACHE)/dind/docker-compose: requirements/compose.txt
	GOBIN="$(CURDIR)/$(@D)" go install -trimpath -ldflags "-s -w" github.com/docker/compose/v5/cmd@$$(cat $<) && mv $(@D)/cmd $@

$(CACHE)/airflow-%/.ready: requirements/airflow-%.txt pythonshim/pyproject.toml pythonshim/hatch_build.py protocol/version.go $(UV)
	$(UV) venv -q --clear --python $(PYTHON) $(CACHE)/airflow-$*
	$(UV) pip install -q --python $(CACHE)/airflow-$*/bin/python -r requirements/airflow-$*.txt -e ./pythonshim
	@touch $@
