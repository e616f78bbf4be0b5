#!/usr/bin/env bash
# Writes deploy/secrets.env from its template, with a random value for every placeholder. One that
# is there already is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
file=${SECRETS_FILE:-deploy/secrets.env}

if [ -e "$file" ]; then
  echo "$file is there already: left as it is"
  exit 0
fi

random() { od -An -v -tx1 -N24 /dev/urandom | tr -d ' \n'; }

umask 077
draft=$(mktemp "$file.XXXXXX")
trap 'rm -f "$draft"' EXIT
while IFS= read -r line; do
  case $line in
    '#'*) ;;
    *change-me*) line=${line/change-me/$(random)} ;;
  esac
  printf '%s\n' "$line"
done <deploy/secrets.example.env >"$draft"
mv "$draft" "$file"
echo "Wrote $file"
