# shellcheck shell=bash
# The action from this machine, through the API server: no policy has to be opened for it.
source scripts/cluster/common.sh

# Sets `forwarded` to the address; the forwarder ends with the script.
forward_action() {
  local log=$work/forward.log deadline=$((SECONDS + 15))
  forwarded=
  : >"$log"
  "${kubectl_here[@]}" port-forward --address 127.0.0.1 service/tokenize-action :8080 >"$log" 2>&1 &
  forwarder=$!
  while [ -z "$forwarded" ]; do
    kill -0 "$forwarder" 2>/dev/null || fail "Cannot reach the action: $(tail -n 1 "$log")"
    [ "$SECONDS" -lt "$deadline" ] || fail "Cannot reach the action: kubectl port-forward does not start"
    forwarded=$(sed -n 's,^Forwarding from \(127\.0\.0\.1:[0-9]*\) .*,http://\1,p' "$log" | head -n 1)
    sleep 0.1
  done
}

# Prints the answer; fails if there was no 200 within so many seconds.
ask_until_ok() { # PATH SECONDS
  local answer deadline=$((SECONDS + $2))
  until answer=$(curl --silent --show-error --max-time 10 --fail-with-body "$forwarded$1" 2>&1); do
    if [ "$SECONDS" -ge "$deadline" ]; then
      printf '%s\n' "$answer"
      return 1
    fi
    sleep 1
  done
  printf '%s\n' "$answer"
}
