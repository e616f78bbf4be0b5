# shellcheck shell=bash
# Reads secrets.env as Kustomize does: KEY=VALUE lines, nothing is unquoted.
source scripts/cluster/common.sh

# Sourced once, by the first script that needs it.
! declare -F check_secrets >/dev/null || return 0

readonly PLACEHOLDER=change-me

secret() { # KEY: prints its value, or nothing
  sed -n "s/^$1=//p" "$SECRETS_FILE" | head -n 1
}

has_warehouse() { [ -n "$(secret DBX_JDBC_URL)" ]; }
has_keys() { [ -n "$(secret TOKEN_KEYS_FILE)" ]; }

# One line for each thing wrong, naming the key and never the value; then exit 2.
check_secrets() {
  [ -f "$SECRETS_FILE" ] ||
    refuse "Cannot read the secrets: there is no $SECRETS_FILE (scripts/secrets.sh writes one; the template is deploy/secrets.example.env)"
  local faults=0 key value required='POSTGRES_PASSWORD TOKENIZE_DB_PASSWORD TRIGGER_TOKEN'
  fault() {
    complain "Cannot use $SECRETS_FILE: $*"
    faults=$((faults + 1))
  }
  for key in $required; do
    [ -n "$(secret "$key")" ] || fault "$key is missing or empty"
  done
  while IFS= read -r key; do
    value=$(secret "$key")
    case $value in
      *"$PLACEHOLDER"*) fault "$key still holds the placeholder \"$PLACEHOLDER\"" ;;
      \"* | \'*) fault "$key stands in quotes, which would become part of it" ;;
      *$'\r') fault "$key ends in a carriage return: the file needs Unix line ends" ;;
      *) [ "$key" != TRIGGER_TOKEN ] || [ "${#value}" -ge 16 ] ||
        fault "$key has fewer than 16 characters"
        [ "$key" != TOKENIZE_DB_PASSWORD ] || case $value in
          *[!A-Za-z0-9._~-]*) fault "$key holds characters other than letters, digits, and . _ ~ - (it becomes part of a URL)" ;;
      esac ;;
    esac
  done <<<"$(sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p' "$SECRETS_FILE" | sort -u)"
  if has_warehouse; then
    for key in DBX_DATASET_URN DBX_COLUMNS; do
      [ -n "$(secret "$key")" ] || fault "$key is missing, which DBX_JDBC_URL needs for make run and make trigger-dbx"
    done
  fi
  if has_keys; then
    [ -n "$(secret TOKEN_SDK_MODE)" ] || fault "TOKEN_SDK_MODE is missing, which TOKEN_KEYS_FILE needs"
    [ -r "$(secret TOKEN_KEYS_FILE)" ] || fault "TOKEN_KEYS_FILE names no file that can be read from $PWD"
  elif [ -n "$(secret TOKEN_SDK_MODE)" ]; then
    fault "TOKEN_KEYS_FILE is missing, which TOKEN_SDK_MODE needs here"
  fi
  [ "$faults" = 0 ] || exit 2
}
