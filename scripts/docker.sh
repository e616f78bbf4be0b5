#!/usr/bin/env bash
# The program in its image, for a machine with Docker and no Deno: docker.sh COMMAND…, with the files of
# the current folder, the network of this machine, and the settings in the environment.
# IMAGE names another image than the one that "docker build" of docs/deployment.md makes.
set -euo pipefail

options=(--rm --network host --user "$(id -u):$(id -g)" --volume "$PWD:$PWD" --workdir "$PWD")
[ ! -t 0 ] || [ ! -t 1 ] || options+=(--tty)
# A terminal's input is passed only where the program may ask something: Docker would also take what was
# typed ahead for the shell.
case "$([ -t 0 ] && echo terminal) ${1:-} ${TOKEN_SDK_MODE:-dummy}" in
  ' '* | 'terminal run dummy' | 'terminal rotate dummy' | 'terminal datahub dummy') options+=(--interactive) ;;
esac
for name in $(compgen -e); do
  case $name in
    PG_* | DBX_* | TOKEN_* | ALLOW_* | ALLOWED_* | TRIGGER_TOKEN | PORT | LOG_* | DATAHUB_* | VAULT_* | HISTORY_* | \
      RECEIPT_* | TOKENIZE_* | NO_COLOR | TERM)
      options+=(--env "$name")
      ;;
  esac
done
exec docker run "${options[@]}" "${IMAGE:-localhost/tokenize-action:dev}" "$@"
