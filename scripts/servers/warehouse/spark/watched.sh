#!/usr/bin/env bash
# Runs a program as long as standard input stays open, then ends it: first politely, and by force if
# that takes too long. The process that starts this holds the other end of standard input, so the
# program cannot outlive it, even if it is killed.
set -euo pipefail

"$@" </dev/null &
program=$!
trap 'kill "$program" 2>/dev/null || true' TERM INT

{
  cat >/dev/null
  kill "$program" 2>/dev/null || exit 0
  for _ in {1..100}; do
    kill -0 "$program" 2>/dev/null || exit 0
    sleep 0.1
  done
  kill -9 "$program" 2>/dev/null || true
} <&0 &
watch=$!

status=0
wait "$program" || status=$?
kill "$watch" 2>/dev/null || true
exit "$status"
