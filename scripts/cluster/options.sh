# shellcheck shell=bash

# Whether an option is among the arguments, as `--name value` or `--name=value`.
has_option() { # NAME [ARGUMENT…]
  local name=$1 argument
  shift
  for argument; do
    case $argument in "$name" | "$name="*) return 0 ;; esac
  done
  return 1
}
