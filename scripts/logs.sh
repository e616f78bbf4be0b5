#!/usr/bin/env bash
# Shows the logs of the action, or of what is named: logs.sh [action|postgres|smoke] [kubectl's
# options]. On a terminal it follows them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/cluster/common.sh

case ${1:-} in
  '' | -*) name=tokenize-action ;;
  action | smoke | postgres)
    name=tokenize-$1
    [ "$1" != postgres ] || name=postgres
    shift
    ;;
  *) refuse "Cannot show logs: \"$1\" is not action, postgres or smoke" ;;
esac

need_cluster
need_namespace
options=(--tail 200)
[ ! -t 1 ] || options+=(--follow)
kube logs --selector "app.kubernetes.io/name=$name" --all-containers --prefix "${options[@]}" "$@"
