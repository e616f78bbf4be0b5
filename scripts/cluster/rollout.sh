# shellcheck shell=bash
# Waiting for pods, and saying what holds them up.
source scripts/cluster/common.sh

# A workload's pods that do not run, a line each: pod, reason, message.
troubles() { # NAME
  # shellcheck disable=SC2016 # it is Go's
  local template='{{range .items}}{{$pod := .metadata.name}}
    {{- range .status.conditions}}{{if and (eq .type "PodScheduled") (ne .status "True")}}
      {{- $pod}}{{"\t"}}{{.reason}}{{"\t"}}{{.message}}{{"\n"}}{{end}}{{end}}
    {{- range .status.containerStatuses}}{{with .state.waiting}}
      {{- $pod}}{{"\t"}}{{.reason}}{{"\t"}}{{.message}}{{"\n"}}{{end}}{{end}}
  {{- end}}'
  kube get pods --selector "app.kubernetes.io/name=$1" --output "go-template=$template" 2>/dev/null || true
}

# What a person would look at next.
explain() { # NAME
  local pod reason message
  while IFS=$'\t' read -r pod reason message; do
    [ -n "$pod" ] || continue
    complain "  $pod: $reason${message:+ ($message)}"
    [ "$reason" != CrashLoopBackOff ] ||
      { kube logs "$pod" --previous --tail 20 2>/dev/null || kube logs "$pod" --tail 20 2>/dev/null || true; } |
      sed 's/^/    /' >&2
  done <<<"$(troubles "$1")"
  kube get events --field-selector type=Warning --sort-by .lastTimestamp \
    --output 'custom-columns=OBJECT:.involvedObject.name,REASON:.reason,MESSAGE:.message' --no-headers 2>/dev/null |
    grep "^$1" | tail -n 5 | sed 's/^/  event: /' >&2 || true
}

# Waits until the rollout is complete, unless what is wrong will not mend itself.
wait_for_rollout() { # KIND NAME SECONDS
  local deadline=$((SECONDS + $3)) reasons
  until kube rollout status "$1/$2" --timeout 3s >"$work/rollout.log" 2>&1; do
    reasons=$(troubles "$2" | cut -f 2)
    case $reasons in
      *CrashLoopBackOff* | *CreateContainerConfigError* | *InvalidImageName* | *ErrImageNeverPull*)
        explain "$2"
        fail "Cannot start $2: its pod does not run, see above"
        ;;
    esac
    if [ "$SECONDS" -ge "$deadline" ]; then
      explain "$2"
      fail "Cannot start $2: not ready after $3 s ($(tail -n 1 "$work/rollout.log"))"
    fi
  done
}
