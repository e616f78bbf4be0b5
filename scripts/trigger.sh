#!/usr/bin/env bash
# `tokenize trigger` from source, with all its options:
#
#   TRIGGER_TOKEN=… scripts/trigger.sh --url http://127.0.0.1:8080 --urn URN --columns a,b [--dry-run]
#
# URL in the environment stands for --url.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly scripts
source "$scripts/cluster/options.sh"

[ -z "${URL:-}" ] || has_option --url "$@" || set -- --url "$URL" "$@"
exec "$scripts/tokenize.sh" trigger "$@"
