# Everything here needs Go and make; what needs more says so. `make` alone lists the targets.
.DEFAULT_GOAL := help
.PHONY: help run generate test race lint fmt build bench sweep sweep-ci fuzz golden jaeger test-jaeger test-collector test-386 cross ci bugs page test-page screenshots measure-page lab

GO ?= go
# `make test` needs no C compiler; the race detector does: `make test RACE=1`.
RACE ?=
# TESTS is which tests: a regular expression of their names.
TESTS ?=
TESTFLAGS = $(if $(RACE),-race) $(if $(TESTS),-run '$(TESTS)')
PACKAGES ?= ./...
CGO = $(if $(RACE),1,0)
FUZZTIME ?= 60s
CROSS ?= windows/amd64 darwin/arm64 linux/arm64 linux/386 js/wasm
GOLANGCI_LINT_VERSION = v2.15.0
GOLANGCI_LINT = bin/golangci-lint-$(GOLANGCI_LINT_VERSION)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## run the default scenario
	$(GO) generate && $(GO) run ./cmd/run

generate: ## write what the specs say: Go below raftkv, and the documents in spec
	$(GO) generate

test: ## run the tests (RACE=1: with the race detector, which needs a C compiler)
	CGO_ENABLED=$(CGO) $(GO) test $(TESTFLAGS) $(PACKAGES)

build: ## build the commands into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -o bin/ ./cmd/...

lint: $(GOLANGCI_LINT) ## lint, with the pinned linter (built once, in minutes)
	$(GOLANGCI_LINT) run ./...

fmt: $(GOLANGCI_LINT) ## format
	$(GOLANGCI_LINT) fmt ./...

$(GOLANGCI_LINT):
	@echo "building golangci-lint $(GOLANGCI_LINT_VERSION), once; this takes some minutes"
	@mkdir -p bin
	GOBIN=$(CURDIR)/bin $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv bin/golangci-lint $@

page: ## build the bundle of the page that shows runs; it is in git. Needs Node.js and npm
	cd traces/view/page && { [ -d node_modules ] || npm ci --no-audit --no-fund; } && npx tsc && node build.mjs

test-page: ## test the page in a real Chromium, without a window. Needs Node.js, npm and Chromium (or CHROMIUM=its path)
	cd traces/view/page && { [ -d node_modules ] || npm ci --no-audit --no-fund; } && npm test && npx playwright test

MEASURED = bin/measured
MEASURE_RUN = bin/run -quiet -requests 50000 -files otlp -out $(MEASURED)

screenshots: ## take the pictures of the page that stand in README.md and cmd/view/README.md. Needs the same
	cd traces/view/page && { [ -d node_modules ] || npm ci --no-audit --no-fund; } && npx tsx test/screenshots.ts

measure-page: ## measure in Chromium how pages of 100,000 messages and of 1,000,000 spans open and pan; it takes minutes
	CGO_ENABLED=0 $(GO) build -o bin/ ./cmd/run ./cmd/view
	$(MEASURE_RUN) -set max_duration=39s -name messages && bin/view -out $(MEASURED)/messages.html $(MEASURED)/messages
	$(MEASURE_RUN) -set max_duration=180s -name spans && bin/view -out $(MEASURED)/spans.html $(MEASURED)/spans
	cd traces/view/page && node test/measure.mjs ../../../$(MEASURED)/messages.html ../../../$(MEASURED)/spans.html

lab: ## write the laboratory, a page that makes runs by itself: bin/lab.html
	@mkdir -p bin
	CGO_ENABLED=0 $(GO) run ./cmd/view -lab -out bin/lab.html

bench: ## measure the world, untraced, checked and traced, against a bare event loop
	CGO_ENABLED=0 $(GO) run ./cmd/internal/bench

SWEEP = CGO_ENABLED=0 $(GO) run ./cmd/sweep -demand -faults mixed
SWEEPS = start=$$(date +%s); $(SWEEP) -seeds $(1) && $(SWEEP) -protocol multipaxos -seeds $(1) && \
	echo "it took $$(($$(date +%s) - start)) s"

sweep: ## run 50,000 seeds of each protocol with every fault in the mix (SEEDS=1-50000)
	@$(call SWEEPS,$(or $(SEEDS),1-50000))

sweep-ci: ## the same with few enough for continuous integration
	@$(call SWEEPS,$(or $(SEEDS),1-5000))

bugs: ## switch on each bug on purpose, and print what catches it
	CGO_ENABLED=0 $(GO) run ./cmd/internal/bugs
	CGO_ENABLED=0 $(GO) run ./cmd/internal/bugs -protocol multipaxos

fuzz: ## fuzz the spec, the config, the codec and the trace reader, FUZZTIME each (60s)
	CGO_ENABLED=0 FUZZTIME=$(FUZZTIME) sh .ci/fuzz.sh

golden: ## write traces/golden anew; read the difference before you commit it
	$(GO) test ./cmd/internal/commands/run -run TestGolden -update

jaeger: ## start a Jaeger on loopback and print its address
	bash .ci/jaeger.sh

test-jaeger: ## push runs into a real Jaeger: check and diff what it answers
	bash .ci/test-server.sh jaeger

test-collector: ## push runs through a real OpenTelemetry Collector: check and diff what it writes
	bash .ci/test-server.sh collector

cross: ## compile for other systems
	@for target in $(CROSS); do echo "build $$target"; CGO_ENABLED=0 GOOS=$${target%/*} GOARCH=$${target#*/} $(GO) build -o /dev/null ./... || exit 1; done

test-386: ## test with numbers of 32 bits: on linux/amd64, which runs such programs as they are
	CGO_ENABLED=0 GO=$(GO) sh .ci/test-386.sh

ci: ## what continuous integration runs
	bash .ci/run
