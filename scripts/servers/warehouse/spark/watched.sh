#!/usr/bin/env bash
# Runs a program for as long as standard input stays open, and ends it then: politely, and by force
# when that takes too long. Whoever starts this holds the other end, so the program cannot outlive
# them, however they come to their end.
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
