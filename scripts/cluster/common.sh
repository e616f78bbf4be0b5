# shellcheck shell=bash
# What every cluster script shares: where things are, which cluster, how to say what is wrong.
# Sourced from the repository's root; written for bash 3.2, which macOS still has.
#
# CLUSTER      minikube (default), or current: the one that KUBECONFIG names
# PROFILE      the minikube profile (tokenize-poc)
# NAMESPACE    the namespace (tokenize-poc)
# POSTGRES     official (default), or bitnami: Bitnami's chart, by helm
# SECRETS_FILE the secrets (deploy/secrets.env)

# Sourced once, by the first script that needs it.
! declare -F kube >/dev/null || return 0

CLUSTER=${CLUSTER:-minikube}
PROFILE=${PROFILE:-tokenize-poc}
NAMESPACE=${NAMESPACE:-tokenize-poc}
POSTGRES=${POSTGRES:-official}
SECRETS_FILE=${SECRETS_FILE:-deploy/secrets.env}
# Where scripts/certificate.sh puts Postgres' certificate.
CERTIFICATE_FOLDER=$(dirname "$SECRETS_FILE")/postgres-tls
readonly CLUSTER PROFILE NAMESPACE POSTGRES SECRETS_FILE CERTIFICATE_FOLDER

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
# A step failed.
fail() {
  complain "$*"
  exit 1
}
# Something is missing or set wrongly: nothing was tried.
refuse() {
  complain "$*"
  exit 2
}

case $CLUSTER in
  minikube | current) ;;
  *) refuse "Cannot choose the cluster: CLUSTER is \"$CLUSTER\", not minikube or current" ;;
esac
case $POSTGRES in
  official | bitnami) ;;
  *) refuse "Cannot choose Postgres: POSTGRES is \"$POSTGRES\", not official or bitnami" ;;
esac

need() { # COMMAND, what to do about it
  command -v "$1" >/dev/null 2>&1 || refuse "Cannot continue: $1 is not installed ($2)"
}

# Scratch files, in a folder readable by nobody else; gone when the script ends, however it ends.
work='' forwarder=''
leave() {
  trap '' INT TERM HUP
  [ -z "$forwarder" ] || kill "$forwarder" 2>/dev/null || true
  [ -z "$work" ] || rm -rf "$work"
}
trap leave EXIT
# A second signal must not stop the tidying up that the first one started.
trap 'trap "" INT TERM HUP; exit 130' INT
trap 'trap "" INT TERM HUP; exit 143' TERM HUP
work=$(mktemp -d "${TMPDIR:-/tmp}/tokenize.XXXXXX")

# kubectl for this cluster and namespace. minikube's context is named, never switched to.
kubectl_anywhere=(kubectl)
[ "$CLUSTER" = current ] || kubectl_anywhere+=(--context "$PROFILE")
kubectl_here=("${kubectl_anywhere[@]}" --namespace "$NAMESPACE")
kube() { "${kubectl_here[@]}" "$@"; }

need_cluster_tools() {
  need kubectl "https://kubernetes.io/docs/tasks/tools/"
  [ "$CLUSTER" = current ] ||
    need minikube "https://minikube.sigs.k8s.io/docs/start/; or set CLUSTER=current for the cluster that KUBECONFIG names"
}

minikube_state() { minikube status --profile "$PROFILE" --format '{{.Host}}/{{.APIServer}}' 2>/dev/null || true; }

# For every script but up: the cluster has to be there already.
need_cluster() {
  need_cluster_tools
  if [ "$CLUSTER" = minikube ] && [ "$(minikube_state)" != Running/Running ]; then
    refuse "Cannot continue: the minikube profile \"$PROFILE\" is not running (make up starts it)"
  fi
  kube version --request-timeout=15s >/dev/null 2>&1 ||
    refuse "Cannot continue: the cluster does not answer (kubectl version says why)"
}

# The namespace is only ever touched if it is ours: down deletes it.
namespace_state() { # prints absent, ours or foreign
  local found
  found=$(kube get namespace "$NAMESPACE" --ignore-not-found \
    --output 'jsonpath={.metadata.name}/{.metadata.labels.app\.kubernetes\.io/part-of}')
  case $found in
    '') echo absent ;;
    */tokenize-action) echo ours ;;
    *) echo foreign ;;
  esac
}

need_namespace() {
  case $(namespace_state) in
    ours) ;;
    absent) refuse "Cannot continue: there is no namespace \"$NAMESPACE\" (make up creates it)" ;;
    *) refuse_foreign_namespace ;;
  esac
}

refuse_foreign_namespace() {
  refuse "Cannot use namespace \"$NAMESPACE\": it was not created by make up; set NAMESPACE to another name"
}
