#!/usr/bin/env bash
# Takes everything away: the namespace with its data, and minikube's profile.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/cluster/common.sh

need_cluster_tools
if [ "$CLUSTER" = minikube ]; then
  # The namespace and its volumes are inside.
  minikube delete --profile "$PROFILE"
  exit
fi

need_cluster
case $(namespace_state) in
  absent) say "Down: there is no namespace $NAMESPACE" ;;
  foreign) refuse_foreign_namespace ;;
  ours)
    volumes=$(kube get persistentvolumeclaims --output 'jsonpath={.items[*].spec.volumeName}')
    "${kubectl_anywhere[@]}" delete namespace "$NAMESPACE" --timeout 180s ||
      fail "Cannot delete namespace $NAMESPACE: kubectl says why above; repeat make down"
    for volume in $volumes; do
      policy=$(kube get persistentvolume "$volume" --ignore-not-found \
        --output 'jsonpath={.spec.persistentVolumeReclaimPolicy}')
      [ "$policy" != Retain ] ||
        say "Volume $volume is kept, data and all, as its reclaim policy says: kubectl delete persistentvolume $volume"
    done
    say "Down: namespace $NAMESPACE is gone"
    ;;
esac
