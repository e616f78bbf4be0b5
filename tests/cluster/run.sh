#!/usr/bin/env bash
# The quick start on a real cluster: up, up again, run, run again, logs, trigger-pg, down, and what
# has to be true in between. In a namespace of its own, which it deletes.
#
# KUBECONFIG    the cluster; LOAD_IMAGE has to say how an image gets into its nodes (see
#               scripts/cluster/image.sh)
# CLUSTER_TOOL  where KUBECONFIG is not set: a folder with the programs `cluster` (up, down, load
#               IMAGE, kubeconfig) and `base-images`, which start a cluster for root
# Where there is neither, it says so and skips.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source tests/cluster/checks.sh

started_cluster=
forwarder=
tidy() {
  [ -z "$forwarder" ] || kill "$forwarder" 2>/dev/null || true
  [ -z "${NAMESPACE:-}" ] || kubectl delete namespace "$NAMESPACE" "$NAMESPACE-foreign" "$NAMESPACE-chart" \
    --ignore-not-found --wait=false >/dev/null 2>&1 || true
  [ -z "$started_cluster" ] || "$tool/cluster" down || true
  rm -rf "$work"
}
trap tidy EXIT
trap 'trap "" INT TERM HUP; exit 130' INT
trap 'trap "" INT TERM HUP; exit 143' TERM HUP

answers() { kubectl version --request-timeout=10s >/dev/null 2>&1; }

# --- which cluster ---------------------------------------------------------------------------------

tool=${CLUSTER_TOOL:-}
[ -x "$tool/cluster" ] || tool=

if [ -z "${KUBECONFIG:-}" ] && [ -n "$tool" ] && [ "$(id -u)" = 0 ]; then
  KUBECONFIG=$("$tool/cluster" kubeconfig)
  export KUBECONFIG
  if ! answers; then
    started_cluster=yes
    "$tool/cluster" up >"$work/cluster.log" 2>&1 || cat "$work/cluster.log"
  fi
fi
if [ -z "${KUBECONFIG:-}" ]; then
  skip "the quick start on a cluster" "KUBECONFIG names none"
  close_suite
  exit
fi
check "the cluster responds" kubectl version --request-timeout=10s
[ "$failed" = 0 ] || close_suite

# Its own cluster pulls nothing: what is missing is made here.
if [ -n "$tool" ] && [ "$KUBECONFIG" = "$("$tool/cluster" kubeconfig)" ]; then
  "$tool/base-images" >"$work/images.log" 2>&1 || cat "$work/images.log"
  "$tool/cluster" load docker.io/library/postgres:17
  tool=$(cd "$tool" && pwd)
  export BUILDER=${BUILDER:-buildah} BUILDAH_ISOLATION=${BUILDAH_ISOLATION:-chroot}
  export LOAD_IMAGE=${LOAD_IMAGE:-$tool/cluster load}
fi

export CLUSTER=current NAMESPACE=tokenize-test-$$ SECRETS_FILE=$work/secrets.env
readonly PG_URN='urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)'

kube() { kubectl --namespace "$NAMESPACE" "$@"; }
secret() { sed -n "s/^$1=//p" "$SECRETS_FILE"; }
change_secret() { # KEY VALUE
  sed "s/^$1=.*/$1=$2/" "$SECRETS_FILE" >"$SECRETS_FILE.new"
  mv "$SECRETS_FILE.new" "$SECRETS_FILE"
}
psql() { # SQL
  kube exec postgres-0 -- psql --no-psqlrc -qAt --username postgres --dbname app --command "$1" 2>/dev/null
}
# The rows and the transactions that wrote them.
rows() { psql "SELECT md5(string_agg(c::text || c.xmin, '|' ORDER BY id)) FROM public.customers AS c"; }
# Every pod and every object's version: nothing at all may have been written.
objects() {
  kube get pods --output 'jsonpath={range .items[*]}{.metadata.uid}{.status.containerStatuses[*].restartCount}{"\n"}{end}'
  kube get all,secrets,configmaps,networkpolicies,serviceaccounts,persistentvolumeclaims,poddisruptionbudgets \
    --output 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.generation} {.metadata.resourceVersion}{"\n"}{end}'
}

# --- what is missing is said in one line --------------------------------------------------------------

no_secrets() { SECRETS_FILE=$work/none.env complains 2 'there is no ' scripts/up.sh; }
placeholder() {
  sed 's/=change-me/=a-value/' deploy/secrets.example.env >"$work/placeholder.env"
  sed 's/^TRIGGER_TOKEN=.*/TRIGGER_TOKEN=change-me/' "$work/placeholder.env" >"$work/placeholder2.env"
  SECRETS_FILE=$work/placeholder2.env complains 2 'TRIGGER_TOKEN still holds the placeholder' scripts/up.sh
}
unfit_password() {
  sed 's/^TOKENIZE_DB_PASSWORD=.*/TOKENIZE_DB_PASSWORD=p@ss\/word/' "$SECRETS_FILE" >"$work/unfit.env"
  SECRETS_FILE=$work/unfit.env complains 2 'TOKENIZE_DB_PASSWORD holds characters' scripts/up.sh
  contains_not "$(cat "$work/complaint")" 'p@ss'
}
# A PATH with the ordinary tools and kubectl, but neither minikube nor anything that builds images.
bare_path() {
  mkdir -p "$work/bin"
  local tool
  for tool in awk bash cat cp curl cut dirname find git grep head kubectl mkdir mktemp mv od openssl rm sed \
    sha256sum shasum sleep sort tail tr; do
    ! command -v "$tool" >/dev/null || ln -sf "$(command -v "$tool")" "$work/bin/$tool"
  done
}
no_minikube() {
  bare_path
  CLUSTER=minikube PATH=$work/bin complains 2 'minikube is not installed' scripts/up.sh
}
no_builder() {
  bare_path
  BUILDER='' PATH=$work/bin complains 2 'docker is not installed' scripts/up.sh
}
no_loader() {
  LOAD_IMAGE='' complains 2 'set LOAD_IMAGE' scripts/up.sh
  equal "$(kubectl get namespace "$NAMESPACE" --ignore-not-found)" ''
}
unknown_cluster() { CLUSTER=elsewhere complains 2 'CLUSTER is "elsewhere"' scripts/up.sh; }
not_up_yet() {
  complains 2 "there is no namespace \"$NAMESPACE\"" scripts/run.sh
  complains 2 "there is no namespace \"$NAMESPACE\"" scripts/logs.sh
}
generated_secrets() {
  scripts/secrets.sh
  contains_not "$(grep -v '^#' "$SECRETS_FILE")" change-me
  cp "$SECRETS_FILE" "$work/before.env"
  contains "$(scripts/secrets.sh)" 'left as it is'
  cmp "$SECRETS_FILE" "$work/before.env"
}
foreign_namespace() {
  kubectl create namespace "$NAMESPACE-foreign"
  NAMESPACE=$NAMESPACE-foreign complains 2 'was not created by make up' scripts/up.sh
  NAMESPACE=$NAMESPACE-foreign complains 2 'was not created by make up' scripts/down.sh
  kubectl get namespace "$NAMESPACE-foreign"
}

check "up with no secrets.env says so in one line" no_secrets
check "secrets.sh fills in every placeholder, and leaves an existing file alone" generated_secrets
check "up names the secret that is still a placeholder" placeholder
check "up refuses a password that cannot be in a URL, and does not show it" unfit_password
check "up says when minikube is missing" no_minikube
check "up says when docker is missing" no_builder
check "up refuses an unknown CLUSTER" unknown_cluster
check "run and logs before up say what is missing" not_up_yet
check "up and down leave a foreign namespace alone" foreign_namespace
if [ -z "${IMAGE:-}" ]; then
  check "up that cannot load the image says so, and creates nothing" no_loader
fi

# --- up ------------------------------------------------------------------------------------------------

# One signal after the other, the later ones while it tidies up.
stopped_again() {
  mkdir "$work/scratch"
  local script signals
  for _ in 1 2 3 4 5; do
    rm -f "$work/ready"
    TMPDIR=$work/scratch READY=$work/ready setsid --wait bash -c '
      source scripts/cluster/common.sh
      for file in {1..200}; do : >"$work/$file"; done
      echo $$ >"$READY.new" && mv "$READY.new" "$READY"
      sleep 60' &
    script=$!
    eventually 10 test -s "$work/ready"
    for signals in {1..20}; do
      kill -TERM -- "-$(cat "$work/ready")" 2>/dev/null || break
    done
    wait "$script" || true
    [ "$signals" -gt 1 ]
  done
  equal "$(ls -A "$work/scratch")" ''
}
# Somebody presses Ctrl-C; nothing stays behind but what the next up takes over.
stopped_up() {
  mkdir "$work/tmp"
  local seconds
  for seconds in 1 3 6; do
    TMPDIR=$work/tmp timeout --signal INT "$seconds" scripts/up.sh || true
  done
  equal "$(find "$work/tmp" -mindepth 1 -maxdepth 1 -name 'tokenize.*')" '' # the builder's own are its own
}
first_up() {
  scripts/up.sh >"$work/up.log" 2>&1 || { cat "$work/up.log"; false; }
  cat "$work/up.log"
  # an up that was stopped may have come as far as that; nothing else puts rows there
  contains "$(cat "$work/up.log")" 'seeded'
  equal "$(psql 'SELECT count(*) FROM public.customers')" 100
  contains "$(cat "$work/up.log")" 'GET /healthz: {"status":"ok"}'
  contains "$(cat "$work/up.log")" 'GET /readyz: {"status":"ready"'
}
second_up() {
  rows >"$work/rows.before"
  objects >"$work/objects.before"
  scripts/up.sh >"$work/up.log" 2>&1 || { cat "$work/up.log"; false; }
  cat "$work/up.log"
  contains "$(cat "$work/up.log")" 'Manifests: nothing changed'
  contains "$(cat "$work/up.log")" 'not seeded'
  contains_not "$(cat "$work/up.log")" 'building'
  equal "$(rows)" "$(cat "$work/rows.before")"
  equal "$(psql 'SELECT count(*) FROM public.customers')" 100
  objects | diff "$work/objects.before" -
}
plain_kubectl() {
  cp -R deploy "$work/deploy"
  cp "$SECRETS_FILE" "$work/deploy/secrets.env"
  cp -R "$work/postgres-tls" "$work/deploy/postgres-tls"
  sed "s/^namespace: .*/namespace: $NAMESPACE/" deploy/kustomization.yaml >"$work/deploy/kustomization.yaml"
  kubectl apply --kustomize "$work/deploy" --dry-run=server
}

check "a script that is stopped repeatedly still cleans up" stopped_again
check "up can be stopped, and leaves no scratch files" stopped_up
check "up brings everything up and seeds 100 customers" first_up
if [ "$failed" -gt 0 ] && ! kube get deployment tokenize-action >/dev/null 2>&1; then
  close_suite
fi
check "up again writes nothing: no object, no pod, no row" second_up
check "kubectl apply -k accepts deploy/ as it is" plain_kubectl

# --- TLS to Postgres -------------------------------------------------------------------------------------

# As the action's role, from the network.
log_in() { # SSLMODE
  secret TOKENIZE_DB_PASSWORD | kube exec --stdin postgres-0 -- sh -c \
    'IFS= read -r PGPASSWORD; export PGPASSWORD; set -- $(hostname -i) "$1"
     psql -qAt "host=$1 user=tokenize dbname=app sslmode=$2" --command "
       SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()" 2>&1' log_in "$1"
}
only_encrypted() {
  equal "$(log_in require)" TLSv1.3
  contains "$(log_in disable || true)" 'no encryption'
}
checks_certificate() {
  local connection
  connection=$(kube get deployment tokenize-action --output \
    'jsonpath={.spec.template.spec.containers[0].env[?(@.name=="PG_CONN_STR")].value}')
  contains "$connection" 'sslmode=verify-full'
  kube exec deployment/tokenize-action -- /usr/local/bin/tokenize trigger --urn "$PG_URN" \
    --columns name --dry-run
  # the same, trusting another authority. Its ConfigMap has a name of its own, as a node may still hold the
  # former content of one that it has mounted
  openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout "$work/other.key" -out "$work/other.crt" 2>/dev/null
  kube create configmap postgres-ca-other --from-file ca.crt="$work/other.crt"
  kube patch deployment tokenize-action --patch '{"spec": {"template": {"spec": {"volumes": [
    {"name": "postgres-ca", "configMap": {"name": "postgres-ca-other"}}]}}}}'
  kube rollout status deployment/tokenize-action --timeout 60s
  eventually 60 one_action_pod
  contains "$(trigger_inside_again || true)" 'is not signed by a CA that sslrootcert names'
}
# A pod that ends is still one of those that exec chooses from.
one_action_pod() {
  [ "$(kube get pods --selector app.kubernetes.io/name=tokenize-action --output name | wc -l)" = 1 ]
}
trigger_inside_again() {
  kube exec deployment/tokenize-action -- /usr/local/bin/tokenize trigger --urn "$PG_URN" \
    --columns name --dry-run 2>&1
}
certificate_renewed() {
  cp "$work/postgres-tls/ca.crt" "$work/before.crt"
  rm -r "$work/postgres-tls"
  scripts/up.sh >"$work/up.log" 2>&1 || { cat "$work/up.log"; false; }
  cat "$work/up.log"
  ! cmp --silent "$work/postgres-tls/ca.crt" "$work/before.crt"
  eventually 60 one_action_pod
  contains "$(trigger_inside_again)" '"dry_run":true'
  equal "$(ls "$work/postgres-tls")" "$(printf 'ca.crt\ntls.crt\ntls.key')"
  kube delete configmap postgres-ca-other
}

check "from the network Postgres is only reached by TLS" only_encrypted
check "the action trusts no certificate of another CA" checks_certificate
check "up renews a certificate, for Postgres and the action" certificate_renewed

# --- run, logs, trigger ----------------------------------------------------------------------------------

first_run() {
  scripts/run.sh | tee "$work/run.log"
  equal "$(grep -o '"updated":[0-9]*,"skipped":[0-9]*' "$work/run.log" | tr '\n' ' ')" \
    '"updated":100,"skipped":0 "updated":0,"skipped":100 '
}
all_tokens() {
  equal "$(psql "SELECT count(*) FROM public.customers
    WHERE name ~ '^tok_.*_poc$' AND email ~ '^tok_.*_poc$' AND phone ~ '^tok_.*_poc$'")" 100
  equal "$(psql "SELECT convert_from(decode(substring(email FROM '^tok_(.*)_poc$'), 'base64'), 'UTF8')
    FROM public.customers WHERE id = 7")" customer7@example.com
}
second_run() {
  rows >"$work/rows.before"
  scripts/run.sh | tee "$work/run.log"
  equal "$(grep -o '"updated":[0-9]*,"skipped":[0-9]*' "$work/run.log" | tr '\n' ' ')" \
    '"updated":0,"skipped":100 "updated":0,"skipped":100 '
  equal "$(rows)" "$(cat "$work/rows.before")"
}
failing_run() {
  psql 'ALTER TABLE public.customers RENAME TO customers_away'
  local code=0
  scripts/run.sh >"$work/run.log" 2>&1 || code=$?
  psql 'ALTER TABLE public.customers_away RENAME TO customers'
  cat "$work/run.log"
  equal "$code" 1
  contains "$(cat "$work/run.log")" table_not_found
  contains "$(cat "$work/run.log")" 'The smoke Job failed'
}
logs() {
  local log part
  log=$(scripts/logs.sh)
  contains "$log" '"event":"run_finished"'
  contains "$(scripts/logs.sh smoke)" '"dataset_urn"'
  contains "$(scripts/logs.sh postgres)" 'ready to accept connections'
  log=$(scripts/logs.sh action --tail -1; scripts/logs.sh smoke --tail -1; scripts/logs.sh postgres --tail -1)
  for part in '@example.com' Almeida '+49 30' tok_ "$(secret TRIGGER_TOKEN)" \
    "$(secret TOKENIZE_DB_PASSWORD)" "$(secret POSTGRES_PASSWORD)"; do
    contains_not "$log" "$part"
  done
}
trigger_inside() {
  contains "$(scripts/trigger-pg.sh)" '"updated":0,"skipped":100'
  contains "$(scripts/trigger-pg.sh --dry-run)" '"dry_run":true'
}
no_warehouse() { complains 2 'has no DBX_JDBC_URL' scripts/trigger-dbx.sh; }

check "run succeeds: 100 rows updated, then none" first_run
check "every named column of every row has the token of its old value" all_tokens
check "run again succeeds: nothing is updated, no row is written" second_run
check "run fails and says why if the table is missing" failing_run
check "logs shows runs, but no value, token or password" logs
check "trigger-pg triggers from inside the cluster" trigger_inside
check "trigger-dbx without a warehouse says so" no_warehouse

forward() {
  : >"$work/forward.log"
  kubectl --namespace "$NAMESPACE" port-forward --address 127.0.0.1 service/tokenize-action :8080 >"$work/forward.log" 2>&1 &
  forwarder=$!
  eventually 15 grep -q '^Forwarding from 127' "$work/forward.log"
  URL=$(sed -n 's,^Forwarding from \(127\.0\.0\.1:[0-9]*\) .*,http://\1,p' "$work/forward.log" | head -n 1)
  export URL
}
stop_forward() {
  kill "$forwarder" 2>/dev/null || true
  forwarder=
}
trigger_outside() { # TOKEN
  TRIGGER_TOKEN=$1 scripts/trigger.sh --urn "$PG_URN" --columns name,email 2>&1
}
right_token() { contains "$(trigger_outside "$(secret TRIGGER_TOKEN)")" '"updated":0,"skipped":100'; }
wrong_token() {
  local answer code=0
  answer=$(trigger_outside another-token-than-that) || code=$?
  contains "$answer" '"status":401'
  contains "$answer" '"code":"unauthorized"'
  equal "$code" 1
}
no_token() { contains "$(trigger_outside '' || true)" '"code":"unauthorized"'; }

forward
check "trigger.sh triggers from outside, with the token" right_token
check "a wrong token is refused" wrong_token
check "no token is refused" no_token
stop_forward

# --- data survives ------------------------------------------------------------------------------------------

postgres_replaced() {
  rows >"$work/rows.before"
  local pod
  pod=$(kube get pod postgres-0 --output 'jsonpath={.metadata.uid}')
  kube delete pod postgres-0 --timeout 90s
  eventually 60 kube wait pod/postgres-0 --for condition=Ready --timeout 60s
  [ "$(kube get pod postgres-0 --output 'jsonpath={.metadata.uid}')" != "$pod" ]
  equal "$(rows)" "$(cat "$work/rows.before")"
}
clean_shutdown() {
  contains "$(kube logs postgres-0)" 'database system was shut down at'
  contains_not "$(kube logs postgres-0)" 'not properly shut down'
}

ends_in_order() {
  local pod
  pod=$(kube get pods --selector app.kubernetes.io/name=tokenize-action --output 'jsonpath={.items[0].metadata.name}')
  kubectl --namespace "$NAMESPACE" get pod "$pod" --watch \
    --output 'jsonpath={.status.containerStatuses[0].state.terminated.exitCode}{"\n"}' >"$work/exit-codes" &
  local watcher=$!
  kube delete pod "$pod" --timeout 60s
  kill "$watcher"
  equal "$(grep . "$work/exit-codes" | sort -u)" 0
  kube rollout status deployment/tokenize-action --timeout 60s
}

check "on SIGTERM the action ends with exit code 0" ends_in_order
check "Postgres' data is still there after its pod is deleted" postgres_replaced
check "that Postgres was shut down cleanly" clean_shutdown
check "the action finds the new Postgres" trigger_inside

# --- what the pods may do -------------------------------------------------------------------------------------

image=$(kube get deployment tokenize-action --output 'jsonpath={.spec.template.spec.containers[0].image}' 2>/dev/null || true)

# A look at the action's first process from beside it: as the kernel sees it.
looks_beside() {
  local pod
  pod=$(kube get pods --selector app.kubernetes.io/name=tokenize-action --output 'jsonpath={.items[0].metadata.name}')
  cat >"$work/beside.json" <<'J'
{"securityContext": {"runAsUser": 65532, "runAsGroup": 65532, "runAsNonRoot": true, "allowPrivilegeEscalation": false,
  "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}}}
J
  kube debug "$pod" --image docker.io/library/postgres:17 --image-pull-policy IfNotPresent \
    --target tokenize --container look --profile restricted --custom "$work/beside.json" --quiet -- \
    sh -c 'cat /proc/1/status /proc/1/mounts; tr "\0" " " </proc/1/cmdline; echo; echo seen'
  eventually 60 sees_end "$pod"
  kube logs "$pod" --container look >"$work/beside"
}
sees_end() { [ "$(kube logs "$1" --container look 2>/dev/null | tail -n 1)" = seen ]; }
field() { sed -n "s/^$1:[[:space:]]*//p" "$work/beside" | tr '\t' ' '; }
runs_as_nobody() {
  looks_beside
  cat "$work/beside"
  contains "$(cat "$work/beside")" '/usr/local/bin/tokenize serve'
  equal "$(field Uid)" '65532 65532 65532 65532'
  equal "$(field Gid)" '65532 65532 65532 65532'
}
no_privileges() {
  equal "$(field CapEff)$(field CapPrm)$(field CapBnd)" 000000000000000000000000000000000000000000000000
  equal "$(field NoNewPrivs)" 1
  equal "$(field Seccomp)" 2
}
read_only_root() {
  local options
  options=$(awk '$2 == "/" { print $4 }' "$work/beside")
  cat "$work/beside"
  contains ",$options," ',ro,'
}
no_token_mounted() {
  contains "$(cat "$work/beside")" ' / '
  contains_not "$(cat "$work/beside")" serviceaccount
  equal "$(kube get pods --output 'jsonpath={.items[*].spec.volumes[*].projected}')" ''
}
# What any logged-in user may do to ask about itself is no right to anything.
account_does_nothing() { # NAME
  local account=system:serviceaccount:$NAMESPACE:$1 list
  list=$(kube auth can-i --list --no-headers --as "$account" --as-group system:serviceaccounts --as-group system:authenticated)
  echo "$list"
  equal "$(grep -v -e '^selfsubject' -e '^ *\[/' <<<"$list" || true)" ''
  equal "$(kube auth can-i get secrets --as "$account" || true)" no
  equal "$(kube auth can-i create pods --as "$account" || true)" no
}
accounts_do_nothing() {
  local name
  for name in tokenize-action tokenize-smoke postgres; do
    kube get serviceaccount "$name"
    account_does_nothing "$name"
  done
}
postgres_is_confined() {
  equal "$(kube exec postgres-0 -- id -u)" 999
  contains "$(kube exec postgres-0 -- sh -c 'touch /usr/here 2>&1' || true)" 'Read-only file system'
  contains "$(kube exec postgres-0 -- sed -n 's/^CapEff:[[:space:]]*//p' /proc/1/status)" 0000000000000000
}
greedy_pod() {
  local refusal
  refusal=$(kube apply --filename - 2>&1 <<Y
apiVersion: v1
kind: Pod
metadata: {name: greedy}
spec:
  hostNetwork: true
  containers:
    - name: greedy
      image: $image
      securityContext: {runAsUser: 0, capabilities: {add: [SYS_ADMIN]}}
      volumeMounts: [{name: node, mountPath: /node}]
  volumes: [{name: node, hostPath: {path: /}}]
Y
  ) && {
    echo "it was let in: $refusal"
    return 1
  }
  echo "$refusal"
  contains "$refusal" 'violates PodSecurity "restricted:latest"'
  local fault
  for fault in 'host namespaces' hostPath 'unrestricted capabilities' 'runAsUser=0'; do
    contains "$refusal" "$fault"
  done
}
careless_pod() {
  local refusal
  refusal=$(kube run careless --image "$image" --restart Never 2>&1) && return 1
  contains "$refusal" 'runAsNonRoot != true'
}
# By the pod's address: on loopback the image trusts anybody.
as_the_action() { # SQL
  # shellcheck disable=SC2016 # expanded in the pod
  secret TOKENIZE_DB_PASSWORD | kube exec --stdin postgres-0 -- sh -c \
    'IFS= read -r PGPASSWORD; export PGPASSWORD; sql=$1; set -- $(hostname -i)
     psql --no-psqlrc -qAt --host "$1" --username tokenize --dbname app --command "$sql" 2>&1' sh "$1"
}
role_is_narrow() {
  equal "$(as_the_action 'SELECT count(*) FROM public.customers' | tail -n 1)" 100
  local sql answer
  for sql in 'DELETE FROM public.customers' 'TRUNCATE public.customers' \
    "INSERT INTO public.customers (name, email) VALUES ('a', 'b')" 'DROP TABLE public.customers' \
    'CREATE TABLE public.t (a int)' 'CREATE TEMPORARY TABLE t (a int)' \
    "SELECT pg_read_file('/etc/passwd')" 'CREATE ROLE other'; do
    answer=$(as_the_action "$sql" || true)
    grep -qE 'permission denied|must be owner' <<<"$answer" || contains "$answer" 'permission denied'
  done
}
sandbox_is_narrow() {
  local permissions
  permissions=$(kube exec deployment/tokenize-action -- /usr/local/bin/tokenize permissions --json)
  echo "$permissions"
  equal "$(grep -o '"host":"[^"]*"' <<<"$permissions" | sort | tr '\n' ' ')" \
    '"host":"0.0.0.0:8080" "host":"postgres:5432" '
}
describes_image() {
  local about
  case ${BUILDER:-docker} in
    buildah) about=$(buildah inspect --type image "$image" | tr -d ' \n') ;;
    *) about=$("${BUILDER:-docker}" image inspect "$image" | tr -d ' \n') ;;
  esac
  contains "$about" '"User":"65532:65532"'
  contains "$about" '"Healthcheck":{"Test":["CMD","/usr/local/bin/tokenize","healthcheck"]'
  contains "$about" '"Entrypoint":["/usr/local/bin/tokenize"]'
  contains "$about" '"Cmd":["serve"]'
  local label
  for label in title version revision created source licenses; do
    contains "$about" "\"org.opencontainers.image.$label\":\""
  done
}
says_its_commit() {
  local version
  version=$(kube exec deployment/tokenize-action -- /usr/local/bin/tokenize --version)
  echo "$version"
  ! command -v git >/dev/null || [ ! -e .git ] ||
    contains "$version" "$(git log -1 --format=%H -- src deno.json deno.lock | cut -c 1-7)"
}

check "the action runs as 65532:65532" runs_as_nobody
check "it has no capability, cannot gain any, and is under seccomp" no_privileges
check "its root file system is read-only" read_only_root
check "no service account's token is mounted in any pod" no_token_mounted
check "the service accounts can do nothing" accounts_do_nothing
check "Postgres runs as 999, on a read-only root, without capabilities" postgres_is_confined
check "a pod that asks for root, the host's network and files, and a capability is refused" greedy_pod
check "a pod that only omits what \"restricted\" requires is refused" careless_pod
check "the action's database role may select and update, and nothing else" role_is_narrow
check "the action's sandbox opens its own port and Postgres', nothing else" sandbox_is_narrow
if [ -z "${IMAGE:-}" ]; then
  check "the image names its user, health check, entry point and origin" describes_image
  check "the program in it names its commit" says_its_commit
fi

# --- who reaches whom -------------------------------------------------------------------------------------------

kube get networkpolicies,pods --output json >"$work/snapshot.json"
check_policies() { # WAREHOUSE_PORT FILE…
  if ! scripts/deno.sh run --quiet --allow-read tests/cluster/check_policies.ts "$NAMESPACE" "$@" \
    >"$work/policies.log" 2>&1 && ! grep -q '^not ok - ' "$work/policies.log"; then
    echo 'not ok - the policies can be checked' >>"$work/policies.log"
  fi
  count_lines "$work/policies.log"
}
check_policies none "$work/snapshot.json"

# With a warehouse in the secrets: the server accepts what make up and make run would apply.
with_warehouse() {
  cp "$SECRETS_FILE" "$work/warehouse.env"
  cat >>"$work/warehouse.env" <<'E'
DBX_JDBC_URL=jdbc:databricks://warehouse.invalid:8443;httpPath=/sql/1.0/warehouses/test;AuthMech=3;UID=token;PWD=none
DBX_DATASET_URN=urn:li:dataset:(urn:li:dataPlatform:databricks,main.default.customers,PROD)
DBX_COLUMNS=name,email
E
  kube delete job tokenize-smoke --ignore-not-found # a Job's template cannot be changed
  SECRETS_FILE=$work/warehouse.env bash -c 'source scripts/cluster/manifests.sh; check_secrets; render "$1" smoke' render "$image" >"$work/warehouse.yaml"
  kube apply --dry-run=server --output json --filename "$work/warehouse.yaml" >"$work/warehouse.json"
  # shellcheck disable=SC2016 # expanded by Kubernetes
  contains "$(tr -d ' \n' <"$work/warehouse.json")" \
    '"--columns","name,email,phone","--urn","$(DBX_DATASET_URN)","--columns","$(DBX_COLUMNS)"]'
}
check "with a warehouse in the secrets, the manifests have it in the smoke Job" with_warehouse
check_policies 8443 "$work/warehouse.json" "$work/snapshot.json"

# A pod that asks the action for its health: Succeeded if it was served.
asks_action() { # NAME LABELS
  kube delete pod "$1" --ignore-not-found --timeout 60s >/dev/null
  kube apply --filename - >/dev/null <<Y
apiVersion: v1
kind: Pod
metadata: {name: $1, labels: {$2}}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: ask
      image: $image
      args: [healthcheck, --url, "http://tokenize-action:8080"]
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
Y
  eventually 60 has_ended "$1"
  kube get pod "$1" --output 'jsonpath={.status.phase}'
}
has_ended() {
  case $(kube get pod "$1" --output 'jsonpath={.status.phase}') in
    Succeeded | Failed) ;;
    *) false ;;
  esac
}
caller_is_served() { equal "$(asks_action caller 'tokenize-action/may-trigger: "true"')" Succeeded; }

check "a pod with the label can reach the action" caller_is_served
case $(asks_action stranger 'app: stranger' || true) in
  Failed) check "a pod without the label cannot reach the action" true ;;
  Succeeded)
    skip "a pod without the label cannot reach the action" \
      "this cluster's network does not enforce NetworkPolicy; what the policies say was checked above, by Kubernetes' rules, on the objects it has"
    ;;
  *) check "a pod without the label can be tested" false ;;
esac

# --- a change, and a mistake -----------------------------------------------------------------------------------------

bad_secret() {
  cp "$SECRETS_FILE" "$work/good.env"
  change_secret TRIGGER_TOKEN 'more than two words'
  local code=0
  scripts/up.sh >"$work/up.log" 2>&1 || code=$?
  cp "$work/good.env" "$SECRETS_FILE"
  cat "$work/up.log"
  equal "$code" 1
  contains "$(cat "$work/up.log")" CrashLoopBackOff
  contains "$(cat "$work/up.log")" 'TRIGGER_TOKEN: '
  contains_not "$(cat "$work/up.log")" 'two words'
  # The old pod serves on.
  contains "$(kube get endpoints tokenize-action --output 'jsonpath={.subsets[*].addresses[*].ip}')" .
}
changed_secrets() {
  rows >"$work/rows.before"
  change_secret TOKENIZE_DB_PASSWORD "$(od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n')"
  change_secret TRIGGER_TOKEN another-token-of-26-letters
  complains 2 'is not what the service was started with' scripts/run.sh
  scripts/up.sh >"$work/up.log" 2>&1 || { cat "$work/up.log"; false; }
  contains "$(scripts/trigger-pg.sh)" '"updated":0,"skipped":100'
  equal "$(rows)" "$(cat "$work/rows.before")"
  equal "$(kube get secrets --output name | grep -c tokenize-secrets)" 1
}
new_token_counts() {
  contains "$(trigger_outside another-token-of-26-letters)" '"updated":0'
  contains "$(trigger_outside "$(sed -n 's/^TRIGGER_TOKEN=//p' "$work/good.env")" || true)" unauthorized
}

check "up shows the message of an action that refuses its settings, and the old pod keeps serving" bad_secret
check "changed secrets reach Postgres and the action; the data is kept, the old secret removed" changed_secrets
forward
check "the new token is accepted, and the old one is not" new_token_counts
stop_forward

# --- the Helm chart ------------------------------------------------------------------------------------------------------

source tests/cluster/chart.sh

# --- keys of one's own ---------------------------------------------------------------------------------------------------

keys_missing() {
  { cat "$SECRETS_FILE"; echo "TOKEN_SDK_MODE=aes-siv"; } >"$work/keys.env"
  SECRETS_FILE=$work/keys.env complains 2 'TOKEN_KEYS_FILE is missing' scripts/up.sh
  echo "TOKEN_KEYS_FILE=$work/none.json" >>"$work/keys.env"
  SECRETS_FILE=$work/keys.env complains 2 'TOKEN_KEYS_FILE names no file' scripts/up.sh
}
own_keys() {
  key=$(head -c 64 /dev/urandom | base64 | tr -d '=\n' | tr '/+' '_-')
  echo "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k1\",\"alg\":\"AEAD_AES_SIV_CMAC_512\",\"k\":\"$key\"}]}" \
    >"$work/keys.json"
  printf 'TOKEN_SDK_MODE=aes-siv\nTOKEN_KEYS_FILE=%s\n' "$work/keys.json" >>"$SECRETS_FILE"
  scripts/up.sh >"$work/up.log" 2>&1 || { cat "$work/up.log"; false; }
  contains "$(scripts/trigger-pg.sh)" '"updated":0,"skipped":100,"foreign":300'
  contains "$(kube exec deployment/tokenize-action -- /usr/local/bin/tokenize rotate --urn "$PG_URN" \
    --columns name,email,phone --from dummy 2>/dev/null)" '"updated":100,"skipped":0,"foreign":0'
  contains "$(scripts/trigger-pg.sh)" '"updated":0,"skipped":100,"foreign":0'
  equal "$(psql "SELECT count(*) FROM public.customers WHERE email ~ '^tk1_siv_g_k1_'")" 100
  contains_not "$(scripts/logs.sh action --tail -1; cat "$work/up.log")" "$key"
  scripts/up.sh >"$work/up.log" 2>&1
  contains "$(cat "$work/up.log")" 'Manifests: nothing changed'
}

check "up says when a key file is missing" keys_missing
check "up with a key file gives its keys to the action alone, and dummy tokens are rotated" own_keys

# --- down ----------------------------------------------------------------------------------------------------------------

everything_gone() {
  scripts/down.sh
  equal "$(kubectl get namespace "$NAMESPACE" --ignore-not-found)" ''
  equal "$(kubectl get persistentvolumes --output 'jsonpath={range .items[?(@.status.phase=="Bound")]}{.spec.claimRef.namespace}{"\n"}{end}' |
    grep -cx "$NAMESPACE" || true)" 0
  equal "$(kubectl get all,secrets,configmaps,persistentvolumeclaims,networkpolicies --all-namespaces \
    --selector app.kubernetes.io/part-of=tokenize-action --output name --field-selector "metadata.namespace=$NAMESPACE" 2>/dev/null)" ''
}
down_again() { contains "$(scripts/down.sh)" "there is no namespace $NAMESPACE"; }

check "down leaves no namespace, no object and no bound volume" everything_gone
check "down again has nothing to do" down_again

# --- as the documents have it ----------------------------------------------------------------------------------------------

source tests/cluster/quick_start.sh

close_suite
