# shellcheck shell=bash disable=SC2154 # sourced by run.sh, whose variables these are
# The Helm chart, in a namespace of its own beside the demonstration, whose Postgres is the database that
# exists already; and the overlays, as far as the API server judges them.

readonly CHART_NAMESPACE=$NAMESPACE-chart CHART=deploy/chart/tokenize-action

chart_kube() { kubectl --namespace "$CHART_NAMESPACE" "$@"; }
in_chart() { chart_kube exec deployment/tokenize-action -- /usr/local/bin/tokenize "$@" 2>&1; }
helm() { "$helm" --namespace "$CHART_NAMESPACE" "$@"; }
upgrade() { # OPTION…: with the values of before
  helm upgrade tokenize-action "$CHART" --reuse-values --wait --timeout 120s "$@"
}
drop_chart() {
  [ -z "${CHART_NAMESPACE:-}" ] ||
    kubectl delete namespace "$CHART_NAMESPACE" --ignore-not-found --wait=false >/dev/null 2>&1 || true
}

chart_prerequisites() {
  local password history
  password=$(secret TOKENIZE_DB_PASSWORD) history=$(od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n')
  # the strictest profile, so that the chart's pods have to fit it
  sed "s/^  name: .*/  name: $CHART_NAMESPACE/" deploy/namespace.yaml | kubectl apply --filename -
  psql 'TRUNCATE public.customers' && kube exec --stdin postgres-0 -- psql --username postgres app <deploy/postgres/seed.sql
  psql "CREATE ROLE history LOGIN PASSWORD '$history'" && psql 'CREATE DATABASE history OWNER history'
  chart_kube create configmap postgres-ca --from-file "ca.crt=$work/postgres-tls/ca.crt"
  chart_kube create secret generic tokenize-action --from-literal=TRIGGER_TOKEN=a-token-of-26-letters-only \
    --from-literal=PG_CONN_STR="postgres://tokenize:$password@postgres.$NAMESPACE.svc/app?sslmode=verify-full" \
    --from-literal=HISTORY_CONN_STR="postgres://history:$history@postgres.$NAMESPACE.svc/history?sslmode=verify-full"
  # the demonstration's Postgres is closed to other namespaces
  kube apply --filename - <<Y
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: postgres-for-the-chart}
spec:
  podSelector: {matchLabels: {app.kubernetes.io/name: postgres}}
  ingress:
    - from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: $CHART_NAMESPACE}}}]
      ports: [{port: 5432}]
Y
}
chart_installs() {
  helm install tokenize-action "$CHART" --wait --timeout 120s \
    --set "image.repository=${image%:*},image.tag=${image##*:},postgres.ca.configMap=postgres-ca" \
    --set-string "test.urn=${PG_URN//,/\\,}" --set 'test.columns={email,phone}' >"$work/notes"
  cat "$work/notes"
  contains "$(cat "$work/notes")" "helm --namespace $CHART_NAMESPACE test tokenize-action"
  contains "$(cat "$work/notes")" 'protect nothing'
}
chart_test() { contains "$(helm test tokenize-action --logs --timeout 60s)" '"dry_run":true,"updated":100'; }
chart_triggers() {
  contains "$(in_chart trigger --urn "$PG_URN" --columns name,email,phone)" '"updated":100,"skipped":0'
  contains "$(in_chart trigger --urn "$PG_URN" --columns name,email,phone)" '"updated":0,"skipped":100'
}
chart_is_sound() {
  in_chart doctor --json --urn "$PG_URN" --columns name,email,phone >"$work/doctor"
  contains_not "$(cat "$work/doctor")" '"state":"failed"'
}
chart_is_confined() {
  equal "$(chart_kube get pods --selector app.kubernetes.io/component=action \
    --output 'jsonpath={.items[*].spec.volumes[*].projected}')" ''
  contains "$(in_chart permissions --json)" "\"host\":\"postgres.$NAMESPACE.svc:5432\""
}
chart_configuration() {
  cat >"$work/values.yaml" <<'Y'
config:
  allowed_datasets: ["urn:li:dataset:(urn:li:dataPlatform:postgres,app.other.*,PROD)"]
Y
  upgrade --values "$work/values.yaml"
  chart_kube rollout status deployment/tokenize-action --timeout 60s
  contains "$(in_chart trigger --urn "$PG_URN" --columns name || true)" dataset_not_allowed
  upgrade --set-json "config={\"allowed_datasets\": [\"$PG_URN\"]}"
}
chart_replicas() {
  contains "$(upgrade --set replicaCount=2 2>&1 || true)" 'Cannot run several replicas'
  upgrade --set replicaCount=2 --set history.enabled=true \
    --set history.migration.enabled=true --set history.migration.key=HISTORY_CONN_STR
  equal "$(chart_kube get deployment tokenize-action --output 'jsonpath={.status.readyReplicas}')" 2
  local pod
  for pod in $(chart_kube get pods --selector app.kubernetes.io/component=action \
    --field-selector status.phase=Running --output name); do
    contains "$(chart_kube exec "$pod" -- /usr/local/bin/tokenize trigger --urn "$PG_URN" --columns name 2>&1)" \
      '"updated":0,"skipped":100'
  done
  equal "$(kube exec postgres-0 -- psql --no-psqlrc -qAt --username postgres --dbname history --command \
    'SELECT count(*), count(DISTINCT owner) FROM tokenize_history.runs')" '2|2'
}
# Vault is not there, so a run ends when it looks for it: after it has read the pod's token.
chart_vault() {
  upgrade --set replicaCount=1 --set tokens.sdk=vault-transit --set vault.auth.method=kubernetes \
    --set vault.address=https://vault.invalid:8200 --set vault.transitKey=pii --set vault.auth.role=tokenize
  contains "$(in_chart permissions --json)" /run/vault-login/token
  contains "$(in_chart trigger --urn "$PG_URN" --columns name || true)" token_sdk_unreachable
}
chart_rolls_back() {
  helm rollback tokenize-action 1 --wait --timeout 120s
  eventually 60 one_chart_pod
  contains "$(in_chart trigger --urn "$PG_URN" --columns name)" '"updated":0,"skipped":100'
}
# DataHub is not there, so the sweep ends when it asks for tagged datasets.
chart_sweeps() {
  upgrade --set datahub.enabled=true --set datahub.url=http://datahub.invalid:8080 --set sweep.enabled=true \
    --set datahub.token.enabled=false --set 'datahub.tags={urn:li:tag:PII}'
  chart_kube create job sweep-now --from cronjob/tokenize-action-sweep
  chart_kube wait job/sweep-now --for condition=Failed --timeout 60s
  contains "$(chart_kube logs job/sweep-now)" 'Cannot ask DataHub: its host name cannot be resolved'
}
one_chart_pod() {
  [ "$(chart_kube get pods --selector app.kubernetes.io/component=action --output name | wc -l)" = 1 ]
}
chart_accepted() {
  upgrade --dry-run=server --values "$work/everything.yaml" >"$work/dry-run"
  contains "$(cat "$work/dry-run")" 'kind: CronJob'
  contains "$(cat "$work/dry-run")" 'kind: Ingress'
}
chart_goes() {
  helm uninstall tokenize-action --wait --timeout 60s
  eventually 60 nothing_of_chart
  equal "$(chart_kube get secret tokenize-action --output name)" secret/tokenize-action
  kube delete networkpolicy postgres-for-the-chart
  psql 'DROP DATABASE history WITH (FORCE)' && psql 'DROP ROLE history'
}
# Helm keeps the pod of its last test.
nothing_of_chart() {
  equal "$(chart_kube get all,ingresses,networkpolicies,poddisruptionbudgets,cronjobs \
    --selector app.kubernetes.io/instance=tokenize-action --output name | grep -vx pod/tokenize-action-test || true)" ''
}
overlays_accepted() {
  local overlay
  for overlay in deploy/overlays/*/; do chart_kube apply --kustomize "$overlay" --dry-run=server; done
}

if helm=$(scripts/deno.sh run --quiet -A tests/support/go_tools.ts helm 2>"$work/helm.log"); then
  cat >"$work/everything.yaml" <<'Y'
datahub: {enabled: true, url: "http://datahub-gms:8080", tags: ["urn:li:tag:PII"]}
databricks: {enabled: true}
sweep: {enabled: true, timeZone: Etc/UTC}
ingress: {enabled: true, hosts: [{host: tokenize.example.com}]}
Y
  check "the chart's namespace, secret and database can be made" chart_prerequisites
  check "helm install brings the chart up, and its notes say what is next" chart_installs
  check "helm test makes a dry run through the Service" chart_test
  check "the chart's action tokenizes the 100 customers once" chart_triggers
  check "tokenize doctor finds nothing that fails in it" chart_is_sound
  check "its pods have no token, and its sandbox knows the database by its name" chart_is_confined
  check "helm upgrade with a configuration file rolls the pods, and it counts" chart_configuration
  check "two replicas need a history, and with it both serve" chart_replicas
  check "with Vault, the program may read the token that the pod has for it" chart_vault
  check "helm rollback brings the first revision back" chart_rolls_back
  check "a sweep on a schedule starts, with the settings of the action" chart_sweeps
  check "the API server accepts the chart with DataHub, a warehouse, sweeps and an Ingress" chart_accepted
  check "helm uninstall leaves nothing but the secret that was there before" chart_goes
  check "the API server accepts every overlay" overlays_accepted
else
  skip "the Helm chart on a cluster" "$(tail -n 1 "$work/helm.log")"
fi
drop_chart
