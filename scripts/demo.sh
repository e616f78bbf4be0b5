#!/usr/bin/env bash
# The demo: fetches what it needs, with a sign of life each second, and runs demo.ts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts/deno.sh --where >/dev/null
scripts/deno.sh cache --quiet scripts/demo.ts src/main.ts &
work=$! tenths=0
while kill -0 "$work" 2>/dev/null; do
  sleep 0.1
  tenths=$((tenths + 1))
  [ "$tenths" != 10 ] || printf 'Fetching packages (once)'
  [ $((tenths % 10)) != 0 ] || printf .
done
[ "$tenths" -lt 10 ] || echo
wait "$work"
exec scripts/deno.sh run -A scripts/demo.ts
