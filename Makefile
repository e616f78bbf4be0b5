# Every target but the cluster's is a Deno task of the same name: see deno.json.
# Nothing has to be installed for them but bash and what scripts/deno.sh says.

TASK := scripts/deno.sh task --quiet

.DEFAULT_GOAL := help
.PHONY: help demo ok ci test test-databricks test-vault test-faults test-fuzz test-datahub test-console test-manifests test-monitoring test-cluster bench docs build man sbom up run down logs trigger-pg trigger-dbx \
	check lock clean

help: ## This list
	@echo 'Targets:'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo 'Further Deno tasks, which take arguments: serve, once, trigger, smoke, permissions'
	@echo '(scripts/deno.sh task trigger --urn URN --columns email,phone)'

demo: ## The main job on an embedded Postgres: nothing to install, about a minute
	@scripts/demo.sh

ok: ## All that is quick: the checks, and the tests that need no server and no binary
	@$(TASK) ok

ci: ## All suites, with one line of their counts at the end: forty minutes
	@$(TASK) ci

test: ## The checks, unit and integration tests, with a disposable Postgres
	@$(TASK) test

test-databricks: ## The Databricks part, on a stand-in warehouse made of real Spark and Delta
	@$(TASK) test-databricks

test-vault: ## The token SDK vault-transit, on a real OpenBao server
	@$(TASK) test-vault

test-monitoring: ## Metrics, alert rules and traces, judged by promtool and a collector (Go)
	@$(TASK) test-monitoring

test-manifests: ## The Helm chart, the overlays and compose.yaml, judged by what reads them (Go)
	@$(TASK) test-manifests

test-cluster: ## The quick start on the cluster that KUBECONFIG names
	@tests/cluster/run.sh

test-faults: ## Crash proofs: nothing is lost when something fails (LONG=1, WRITE=1; ONLY='kill -9')
	@$(TASK) test-faults $(if $(LONG),--long) $(if $(WRITE),--write) $(if $(ONLY),--only '$(ONLY)')

test-datahub: ## What is sent to DataHub and the plugin, judged by DataHub's own packages
	@$(TASK) test-datahub

test-console: ## The console and the API's page, in a real Chromium, on the built program
	@$(TASK) test-console

test-fuzz: ## The HTTP API against hostile requests, made from its OpenAPI document
	@$(TASK) test-fuzz

bench: ## The action beside the database's own limit: half an hour (PARTS, ROWS, ROUNDS, WRITE=1)
	@$(TASK) bench $(if $(PARTS),--parts $(PARTS)) $(if $(ROWS),--rows $(ROWS)) $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(WRITE),--write)

docs: ## Write the parts of docs that follow from the code
	@$(TASK) docs

build: ## The program as one binary: dist/tokenize
	@$(TASK) build

man: ## The manual pages: dist/man
	@$(TASK) man

sbom: ## What is in the binary: its bill of materials, dist/sbom.cdx.json (CycloneDX 1.6)
	@$(TASK) sbom

up: ## Cluster: start it all on minikube (CLUSTER=current: where KUBECONFIG points)
	@scripts/up.sh

run: ## Cluster: the smoke Job, two triggers on each platform; the second must change nothing
	@scripts/run.sh

down: ## Cluster: remove everything
	@scripts/down.sh

logs: ## Cluster: what the action logs
	@scripts/logs.sh

trigger-pg: ## Cluster: trigger the Postgres dataset, from inside
	@scripts/trigger-pg.sh

trigger-dbx: ## Cluster: trigger the Databricks dataset, from inside
	@scripts/trigger-dbx.sh

check: ## The checks only: format, lint, types, API documentation, shell
	@$(TASK) check

lock: ## Write deno.lock again after a change of the imports in deno.json
	@$(TASK) lock

clean: ## Remove what was built and fetched
	@rm -rf dist .tools
