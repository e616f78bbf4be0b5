#!/usr/bin/env bash
# Runs before the other services of compose.yaml. At the first start it makes their passwords: random, in
# two volumes of which each is mounted by the one service that needs it, in files that only this service's
# user can read. What is there already is left alone.
set -euo pipefail
umask 077

readonly POSTGRES=/run/postgres-secrets ACTION=/run/tokenize DATA=/run/postgres-data
readonly POSTGRES_USER=999 ACTION_USER=65532

random() { od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n'; }
keep() { # FILE CONTENTS USER
  [ -s "$1" ] || printf '%s' "$2" >"$1"
  chmod 0400 "$1"
  chown "$3:$3" "$1"
}

keep "$POSTGRES/superuser_password" "$(random)" "$POSTGRES_USER"
keep "$POSTGRES/tokenize_password" "$(random)" "$POSTGRES_USER"
keep "$ACTION/trigger_token" "$(random)" "$ACTION_USER"
# No TLS: the database's network has no way out of this machine.
keep "$ACTION/pg_conn_str" \
  "postgres://tokenize:$(cat "$POSTGRES/tokenize_password")@postgres:5432/app?sslmode=disable" "$ACTION_USER"
chmod 0755 "$POSTGRES" "$ACTION"
chown "$POSTGRES_USER:$POSTGRES_USER" "$DATA"
