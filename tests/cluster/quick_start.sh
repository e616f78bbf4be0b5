# shellcheck shell=bash disable=SC2154 # sourced by run.sh, whose variables these are
# The quick starts that README.md and docs/deployment.md have for a cluster, as they stand there.

quick_start_blocks() { # FILE HEADING: the shell blocks below the heading
  awk -v heading="$2" '
    /^#+ / { inside = ($0 == heading) }
    /^```/ { if (inside && shell) exit; shell = ($0 == "```bash"); next }
    inside && shell' "$1"
}
# In a namespace and with secrets of its own, on the cluster of this suite.
quick_start() {
  local commands
  commands=$(quick_start_blocks README.md '## A cluster')
  contains "$commands" 'make up'
  (
    export NAMESPACE=$NAMESPACE-readme SECRETS_FILE=$work/readme/secrets.env
    mkdir "$work/readme"
    trap 'kubectl delete namespace "$NAMESPACE" --ignore-not-found --wait=false >/dev/null' EXIT
    bash -euo pipefail -c "$commands" >"$work/readme.log" 2>&1 </dev/null || {
      cat "$work/readme.log"
      exit 1
    }
    equal "$(kubectl get namespace "$NAMESPACE" --ignore-not-found)" ''
  )
  cat "$work/readme.log"
  contains "$(cat "$work/readme.log")" '"event":"run_finished"'
  equal "$(sed '/The smoke Job is complete/q' "$work/readme.log" |
    grep -o '"updated":[0-9]*,"skipped":[0-9]*' | tr '\n' ' ')" \
    '"updated":100,"skipped":0 "updated":0,"skipped":100 '
}
# The page has the same commands, and one that this suite tests by its script.
same_commands() {
  local without_comments='s/ *#.*//'
  equal "$(quick_start_blocks docs/deployment.md '## On minikube' | sed "$without_comments" | grep -vx 'make trigger-pg')" \
    "$(quick_start_blocks README.md '## A cluster' | sed "$without_comments")"
}

check "the quick start in README does what it says, as it stands" quick_start
check "the page on deployment has the same commands" same_commands
