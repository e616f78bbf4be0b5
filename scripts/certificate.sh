#!/usr/bin/env bash
# Makes the certificate of the cluster's Postgres, in the folder postgres-tls beside the secrets: the
# authority's certificate (ca.crt), which the action trusts and nothing else, and Postgres' own with
# its key (tls.crt, tls.key). One that is good for another month is left alone. The authority signs
# this one certificate only: its key is deleted.
#
# SECRETS_FILE  the secrets (deploy/secrets.env)
# NAMESPACE     the namespace (tokenize-poc)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=$(dirname "${SECRETS_FILE:-deploy/secrets.env}")/postgres-tls
namespace=${NAMESPACE:-tokenize-poc}

readonly VALID_DAYS=730 RENEWED_SECONDS=$((30 * 24 * 3600))

if [ -e "$folder/tls.key" ] && [ -e "$folder/ca.crt" ] &&
  openssl x509 -in "$folder/tls.crt" -noout -checkend "$RENEWED_SECONDS" >/dev/null; then
  exit 0
fi

umask 077
draft=$(mktemp -d "$folder.XXXXXX")
trap 'rm -rf "$draft"' EXIT

# A leaf beside its authority, as TLS libraries refuse an authority's certificate as a server's.
make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$draft/$1.key"; }
request() { openssl req -new -key "$draft/$1.key" -subj "/CN=$2"; }
sign() { # NAME EXTENSIONS SIGNER…: reads a request
  local name=$1 extensions=$2
  shift 2
  printf '%b' "$extensions" >"$draft/extensions"
  openssl x509 -req -sha256 -days "$VALID_DAYS" -extfile "$draft/extensions" \
    -out "$draft/$name.crt" "$@"
}

{
  make_key ca
  request ca "tokenize-action's Postgres" |
    sign ca 'basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=critical,keyCertSign\n' \
      -signkey "$draft/ca.key"
  make_key tls
  request tls postgres |
    sign tls "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:postgres,DNS:postgres.$namespace.svc\n" \
      -CA "$draft/ca.crt" -CAkey "$draft/ca.key" -set_serial 1
} 2>"$draft/openssl.log" || {
  cat "$draft/openssl.log" >&2
  echo "Cannot make Postgres' certificate: openssl says why above" >&2
  exit 1
}

rm -rf "$folder"
mkdir "$folder"
mv "$draft/ca.crt" "$draft/tls.crt" "$draft/tls.key" "$folder"
echo "Wrote $folder"
