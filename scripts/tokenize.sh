#!/usr/bin/env bash
# Runs the program from source, with exactly the permissions that are baked into its binary.
set -euo pipefail

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly scripts source="$scripts/../src"

environment_names=$("$scripts/deno.sh" run --quiet "$source/environment_names.ts")
ulimit -c 0 # a core dump would hold values and keys
exec "$scripts/deno.sh" run --quiet --no-prompt --v8-flags=--max-semi-space-size=8 \
  --allow-net --allow-read --allow-write "--allow-env=$environment_names" "$source/main.ts" "$@"
