#!/usr/bin/env bash
# Checks the shell scripts: their syntax always, and by shellcheck where that is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scripts=(.ci/run)
while IFS= read -r file; do scripts+=("$file"); done < <(
  find scripts deploy tests -name '*.sh' -type f 2>/dev/null | LC_ALL=C sort
)

for script in "${scripts[@]}"; do bash -n "$script"; done
if command -v shellcheck >/dev/null; then
  shellcheck --severity=warning --external-sources "${scripts[@]}"
fi
