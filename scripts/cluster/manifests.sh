# shellcheck shell=bash
# Renders deploy/ for this namespace, image and secrets, in a copy: the tree is left alone.
source scripts/cluster/common.sh
source scripts/cluster/secrets.sh

readonly PART_OF=app.kubernetes.io/part-of=tokenize-action

render() { # IMAGE [COMPONENT…]: prints the manifests
  local image=$1 copy=$work/manifests component
  shift
  rm -rf "$copy"
  mkdir "$copy"
  cp -R deploy "$copy/deploy"
  cp "$SECRETS_FILE" "$copy/deploy/secrets.env"
  rm -rf "$copy/deploy/postgres-tls"
  cp -R "$CERTIFICATE_FOLDER" "$copy/deploy/postgres-tls"
  ! has_keys || cp "$(secret TOKEN_KEYS_FILE)" "$copy/deploy/keys/keys.json"
  {
    echo 'apiVersion: kustomize.config.k8s.io/v1beta1'
    echo 'kind: Kustomization'
    echo "namespace: \"$NAMESPACE\""
    echo 'resources: [deploy]'
    echo 'components:'
    for component in "$@"; do echo "  - deploy/$component"; done
    [ "$POSTGRES" != bitnami ] || echo '  - deploy/bitnami'
    ! has_warehouse || echo '  - deploy/warehouse'
    ! has_keys || echo '  - deploy/keys'
    echo 'images:'
    case $image in
      *@*) echo "  - {name: localhost/tokenize-action, newName: \"${image%@*}\", digest: \"${image##*@}\"}" ;;
      *) echo "  - {name: localhost/tokenize-action, newName: \"${image%:*}\", newTag: \"${image##*:}\"}" ;;
    esac
    ! has_warehouse || warehouse_port
  } >"$copy/kustomization.yaml"
  kubectl kustomize "$copy"
}

# A generated object's name, with the hash of its contents.
generated_name() { # NAME MANIFESTS
  sed -n "s/^ *name: \($1-[a-z0-9]*\)$/\1/p" "$2" | head -n 1
}

# The way out is open for the port in the JDBC URL.
warehouse_port() {
  local port
  port=$(secret DBX_JDBC_URL | sed -n 's,^jdbc:[a-z]*://[^:/;]*:\([0-9][0-9]*\).*,\1,p')
  echo 'patches:'
  echo '  - target: {kind: NetworkPolicy, name: tokenize-action-warehouse}'
  echo "    patch: '[{\"op\": \"replace\", \"path\": \"/spec/egress/0/ports/0/port\", \"value\": ${port:-443}}]'"
}

# Secrets and config maps of former contents, which nothing refers to any more.
delete_leftovers() { # MANIFESTS
  local current name
  current=$(kube get --filename "$1" --output name)
  kube get secrets,configmaps --selector "$PART_OF" --output name | while IFS= read -r name; do
    grep -qxF "$name" <<<"$current" || kube delete "$name" --wait=false
  done
}
