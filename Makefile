# Everything here also runs as root on a fresh Debian machine that has only Go,
# git and make.

.PHONY: help
help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: test
test: ## set up what is missing, then format check, lint and all tests
	@scripts/test.sh

.PHONY: test-majors
test-majors: ## what depends on PostgreSQL's version, on those that make test leaves out
	@scripts/test-majors.sh

.PHONY: test-long
test-long: ## what takes longer: fuzzing (FUZZTIME=20s each) and the long tests
	@scripts/test-long.sh

.PHONY: fuzz
fuzz: ## only the fuzzing
	@scripts/fuzz.sh

.PHONY: bench
bench: ## hold the library against its floors, with 10 million entries (hours, 40 GB)
	@scripts/bench.sh

.PHONY: bench-quick
bench-quick: ## the same with 200,000 entries, in under two minutes
	@scripts/bench.sh -quick

.PHONY: lint
lint: ## gofumpt, go vet and staticcheck
	@scripts/lint.sh

.PHONY: mutate
mutate: ## change the code in N=20 places, drawn by SEED=1, and show what no test notices (PACKAGES=.,./postgres)
	@go -C tools run ./mutate -seed $(or $(SEED),1) -n $(or $(N),20) $(if $(PACKAGES),-packages $(PACKAGES)) $(if $(TESTS),-tests $(TESTS))

.PHONY: audit-deps
audit-deps: ## look for known vulnerabilities in what the library uses (needs vuln.go.dev)
	@scripts/audit-deps.sh

.PHONY: dependencies
dependencies: ## write docs/dependencies.md anew, with every module's licence
	@go mod download
	@go test -count=1 -run '^TestDependenciesDocumentListsEveryModule$$' ./internal/repotest -update

.PHONY: picture
picture: ## draw the picture of docs/architecture.md from its text
	@go -C tools run ./picture ../docs/images/architecture.txt

.PHONY: fmt
fmt: ## format all Go files
	@go tool -modfile=tools/go.mod gofumpt -l -w .

.PHONY: quickstart
quickstart: ## run the example application, on SQLite
	@go run ./examples/quickstart

.PHONY: release
release: ## make the tree ready for VERSION=v0.1.0, and name the tags; pushes nothing
	@go -C tools run ./release prepare $(VERSION)

.PHONY: release-check
release-check: ## go get every module from a local proxy, as outsiders do, and run a program with it
	@go -C tools run ./release check
