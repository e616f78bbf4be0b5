# shellcheck shell=bash
# Runs checks and counts them. Sourced by run.sh.

passed=0 failed=0 skipped=0
work=$(mktemp -d "${TMPDIR:-/tmp}/tokenize-cluster-test.XXXXXX")

# A check is a function, run by itself under set -e: the first command that fails ends it. What it
# wrote is only shown then.
check() { # TITLE FUNCTION [ARGUMENT…]
  local title=$1 code started=$SECONDS
  shift
  set +e
  (
    set -e
    "$@"
  ) >"$work/check.log" 2>&1
  code=$?
  set -e
  if [ "$code" = 0 ]; then
    passed=$((passed + 1))
    echo "ok - $title ($((SECONDS - started)) s)"
  else
    failed=$((failed + 1))
    echo "not ok - $title ($((SECONDS - started)) s)"
    sed 's/^/    /' "$work/check.log"
  fi
}

skip() { # TITLE REASON
  skipped=$((skipped + 1))
  echo "skipped - $1: $2"
}

# Counts the lines "ok - …" and "not ok - …" that another program wrote.
count_lines() { # FILE
  cat "$1"
  passed=$((passed + $(grep -c '^ok - ' "$1" || true)))
  failed=$((failed + $(grep -c '^not ok - ' "$1" || true)))
}

# The last line of the suite, and its exit code.
close_suite() {
  local line="$passed passed, $failed failed"
  [ "$skipped" = 0 ] || line+=", $skipped skipped"
  echo "$line"
  [ "$failed" = 0 ]
}

# --- what checks say -----------------------------------------------------------------------------

contains() { # TEXT PART
  case $1 in
    *"$2"*) ;;
    *)
      printf 'expected: %s\nin:\n%s\n' "$2" "$1"
      return 1
      ;;
  esac
}

contains_not() { # TEXT PART
  case $1 in
    *"$2"*)
      printf 'not expected: %s\nin:\n%s\n' "$2" "$1"
      return 1
      ;;
  esac
}

equal() { # ACTUAL EXPECTED
  [ "$1" = "$2" ] || {
    printf 'expected: %s\nbut it is: %s\n' "$2" "$1"
    return 1
  }
}

# The command ends with this exit code and writes exactly one line to standard error, which holds
# the text.
complains() { # CODE TEXT COMMAND…
  local code=0 wanted=$1 text=$2
  shift 2
  "$@" >"$work/output" 2>"$work/complaint" </dev/null || code=$?
  cat "$work/output" "$work/complaint"
  equal "$code" "$wanted"
  equal "$(grep -c . "$work/complaint")" 1
  contains "$(cat "$work/complaint")" "$text"
}

eventually() { # SECONDS COMMAND…
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.5
  done
}
