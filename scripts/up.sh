#!/usr/bin/env bash
# Brings the service up: cluster, image, certificate, Postgres, action, 100 customers; then asks it
# whether it is well. Safe to stop and to repeat: what is there already is left as it is.
# The variables are described in scripts/cluster/common.sh and image.sh.
#
# MINIKUBE_FLAGS  how a new profile is started (--cni=calico: the default network enforces no
#                 NetworkPolicy)
# BITNAMI_CHART   with POSTGRES=bitnami: where the chart is
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/cluster/image.sh
source scripts/cluster/manifests.sh
source scripts/cluster/rollout.sh
source scripts/cluster/database.sh
source scripts/cluster/forward.sh

start_minikube() {
  [ "$CLUSTER" = minikube ] || return 0
  if [ "$(minikube_state)" != Running/Running ]; then
    say "Cluster: starting the minikube profile \"$PROFILE\""
    # shellcheck disable=SC2086 # flags, separated by blanks
    minikube start --profile "$PROFILE" --keep-context ${MINIKUBE_FLAGS---cni=calico} ||
      fail "Cannot start minikube: it says why above"
  fi
}

# helm would write a new revision at every upgrade, so it is only asked when something changed.
install_bitnami_postgres() { # MANIFESTS
  local secrets certificate wanted chart=${BITNAMI_CHART:-oci://registry-1.docker.io/bitnamicharts/postgresql}
  local helm=(helm --namespace "$NAMESPACE")
  [ "$CLUSTER" = current ] || helm+=(--kube-context "$PROFILE")
  secrets=$(generated_name tokenize-secrets "$1")
  certificate=$(generated_name postgres-tls "$1")
  wanted="$secrets $certificate $(sha256 <deploy/postgres-values.yaml | cut -c 1-12) $chart"
  if "${helm[@]}" status postgres --output json 2>/dev/null | grep -qF "\"description\":\"$wanted\""; then
    return
  fi
  say "Postgres: Bitnami's chart"
  "${helm[@]}" upgrade postgres "$chart" --install --version 16.7.27 --values deploy/postgres-values.yaml \
    --set "auth.existingSecret=$secrets" --set "tls.certificatesSecret=$certificate" \
    --description "$wanted" >"$work/helm.log" 2>&1 || {
    tail -n 20 "$work/helm.log" >&2
    fail "Cannot install Bitnami's chart: helm says why above"
  }
}

refuse_other_postgres() {
  local manager wanted=kubectl
  manager=$(kube get statefulset postgres --ignore-not-found \
    --output 'jsonpath={.metadata.name}/{.metadata.labels.app\.kubernetes\.io/managed-by}')
  [ "$POSTGRES" = official ] || wanted=Helm
  case $manager/$wanted in
    / | /kubectl | /Helm | postgres//kubectl | postgres/Helm/Helm) ;;
    *) refuse "Cannot change what POSTGRES is while it runs, its data would be lost: make down first" ;;
  esac
}

verify() {
  forward_action
  local path answer
  for path in /healthz /readyz; do
    answer=$(ask_until_ok "$path" 60) || {
      complain "  $answer"
      explain tokenize-action
      fail "Cannot verify the action: GET $path does not answer 200"
    }
    say "GET $path: $answer"
  done
}

check_secrets
need_cluster_tools
need curl "it asks /healthz and /readyz"
[ "$POSTGRES" = official ] || need helm "https://helm.sh/docs/intro/install/"
need_image_tools
need openssl "it makes Postgres' certificate"
start_minikube
need_cluster
[ "$(namespace_state)" != foreign ] || refuse_foreign_namespace
refuse_other_postgres

scripts/certificate.sh
image=$(image_name)
provide_image "$image"

manifests=$work/manifests.yaml
render "$image" >"$manifests"
# The server compares: apply alone says "configured" of some objects in which nothing changed.
if kube diff --filename "$manifests" >/dev/null 2>&1; then
  say "Manifests: nothing changed"
else
  kube apply --filename "$manifests" || fail "Cannot apply the manifests: kubectl says why above"
fi
[ "$POSTGRES" = official ] || install_bitnami_postgres "$manifests"

wait_for_rollout statefulset postgres 300
provide_database
wait_for_rollout deployment tokenize-action 120
delete_leftovers "$manifests"
verify
say "Up: namespace $NAMESPACE. Next: make run, make trigger-pg, make logs, make down"
