# shellcheck shell=bash
# Triggers a dataset from inside the cluster: in the action's own pod, whose environment holds the
# token, with the program that is there anyway.
source scripts/cluster/common.sh
source scripts/cluster/options.sh

# URN and COLUMNS are for when the options name none; the options are those of `tokenize trigger`.
trigger_inside() { # URN COLUMNS [OPTION…]
  local urn=$1 columns=$2 terminal=()
  shift 2
  if ! has_option --urn "$@"; then
    has_option --columns "$@" || set -- --columns "$columns" "$@"
    set -- --urn "$urn" "$@"
  fi
  [ ! -t 1 ] || terminal=(--tty)
  kube get deployment tokenize-action >/dev/null 2>&1 ||
    refuse "Cannot trigger: there is no Deployment tokenize-action in namespace \"$NAMESPACE\" (make up creates it)"
  kube exec ${terminal[@]+"${terminal[@]}"} deployment/tokenize-action -- \
    /usr/local/bin/tokenize trigger "$@"
}
