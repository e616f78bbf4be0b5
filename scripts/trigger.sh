#!/usr/bin/env bash
# Triggers a dataset at a running action from anywhere that reaches it, with nothing but curl:
#
#   URL=http://127.0.0.1:8080 TRIGGER_TOKEN=… scripts/trigger.sh --urn URN --columns a,b [--dry-run]
#
# Prints the action's answer. Exit codes as `tokenize trigger`: 0 done, 1 failed, 2 wrong usage.
set -euo pipefail

readonly USAGE='usage: [URL=http://127.0.0.1:8080] [TRIGGER_TOKEN=…] trigger.sh --urn URN --columns a,b [--dry-run] [--url URL]'
wrong_usage() {
  printf '%s\n%s\n' "Cannot trigger: $1" "$USAGE" >&2
  exit 2
}

url=${URL:-http://127.0.0.1:8080} urn='' columns='' dry_run=false
while [ $# -gt 0 ]; do
  case $1 in
    --urn | --columns | --url)
      [ $# -ge 2 ] || wrong_usage "$1 needs a value"
      case $1 in
        --urn) urn=$2 ;;
        --columns) columns=$2 ;;
        --url) url=$2 ;;
      esac
      shift 2
      ;;
    --dry-run)
      dry_run=true
      shift
      ;;
    --help)
      printf '%s\n' "$USAGE"
      exit
      ;;
    *) wrong_usage "there is no option \"$1\"" ;;
  esac
done
[ -n "$urn" ] || wrong_usage '--urn is missing'
[ -n "$columns" ] || wrong_usage '--columns is missing'
command -v curl >/dev/null || wrong_usage 'curl is not installed'

json_string() {
  local text=${1//\\/\\\\}
  printf '"%s"' "${text//\"/\\\"}"
}

json_list() { # a,b,c
  local list='' name names
  IFS=, read -r -a names <<<"$1"
  for name in "${names[@]}"; do list+=${list:+,}$(json_string "$name"); done
  printf '[%s]' "$list"
}

# The token goes in by a file descriptor: arguments are for everybody to see.
authorization() {
  [ -z "${TRIGGER_TOKEN:-}" ] || printf 'header = "Authorization: Bearer %s"\n' "$TRIGGER_TOKEN"
}

curl --silent --show-error --fail-with-body --config <(authorization) \
  --header 'Content-Type: application/json' \
  --data "{\"dataset_urn\":$(json_string "$urn"),\"columns\":$(json_list "$columns"),\"dry_run\":$dry_run}" \
  --write-out '\n' "${url%/}/trigger" || exit 1
