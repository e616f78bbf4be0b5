#!/usr/bin/env bash
# Runs the smoke Job: each configured dataset is triggered twice, from inside the cluster. Prints
# its log; exit 1 if it failed, as it does when a second trigger updates anything.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/cluster/image.sh
source scripts/cluster/manifests.sh
source scripts/cluster/rollout.sh

readonly JOB=tokenize-smoke

check_secrets
need_cluster
need_namespace
[ -d "$CERTIFICATE_FOLDER" ] ||
  refuse "Cannot run the smoke Job: there is no $CERTIFICATE_FOLDER (make up makes it)"

# The image that runs, not one of sources that changed since.
image=$(kube get deployment tokenize-action --ignore-not-found \
  --output 'jsonpath={.spec.template.spec.containers[0].image}')
[ -n "$image" ] || refuse "Cannot run the smoke Job: there is no Deployment tokenize-action (make up creates it)"

render "$image" smoke >"$work/manifests.yaml"
kube get secret "$(generated_name tokenize-secrets "$work/manifests.yaml")" >/dev/null 2>&1 ||
  refuse "Cannot run the smoke Job: $SECRETS_FILE is not what the service was started with (make up first)"
kube delete job "$JOB" --ignore-not-found --cascade=foreground --timeout 60s >/dev/null
kube apply --filename "$work/manifests.yaml" --selector "app.kubernetes.io/name=$JOB" >/dev/null

# Waits for either end; gives up on a pod that will never start.
state=
until [ -n "$state" ]; do
  state=$(kube get job "$JOB" --output \
    'jsonpath={.status.conditions[?(@.type=="Complete")].type}{.status.conditions[?(@.type=="Failed")].type}')
  case $(troubles "$JOB" | cut -f 2) in
    *CreateContainerConfigError* | *InvalidImageName* | *ImagePullBackOff* | *ErrImageNeverPull*)
      explain "$JOB"
      fail "Cannot run the smoke Job: its pod does not start, see above"
      ;;
  esac
  [ -n "$state" ] || sleep 0.5
done

kube logs "job/$JOB" || true
if [ "$state" != Complete ]; then
  explain "$JOB"
  fail "The smoke Job failed"
fi
say "The smoke Job is complete"
