#!/usr/bin/env bash
# Runs the Deno this project is pinned to, fetching it where the machine has none:
#
#   scripts/deno.sh run main.ts    runs it with these arguments
#   scripts/deno.sh --where        prints its path, and runs nothing
#
# It takes $DENO if that is set, else the deno on the PATH if it has exactly the pinned version,
# else the copy in .tools/, else it fetches one into .tools/: Deno's own release, or the same
# program from Python's package index by pip. What was fetched is checked by SHA-256, then and at each
# use: once, for what the Deno itself starts. Where nothing can be fetched, a newer Deno 2 on the PATH
# does, with a notice.
set -euo pipefail

readonly VERSION=2.6.10
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root tools="$root/.tools"
readonly cached="$tools/deno-$VERSION"

# TLS that is intercepted, or a private CA, is known to the system's store only.
export DENO_TLS_CA_STORE=${DENO_TLS_CA_STORE:-system,mozilla}
export DENO_NO_UPDATE_CHECK=1

notice() { printf '%s\n' "$1" >&2; }
die() {
  notice "$1"
  exit 1
}

# The SHA-256 of the program itself, and of the wheel that carries it.
case "$(uname -s)-$(uname -m)" in
  Linux-x86_64)
    target=x86_64-unknown-linux-gnu
    program_sha256=bb9513ce8a9a7a976a77e0a32c5818035fb72dff6364afc5b8659594ba4a6139
    wheel_sha256=d1600f4ee7b4a9699b7057841bdb5d7b7eac3fb073df072540064166841c2f4c
    ;;
  Linux-aarch64 | Linux-arm64)
    target=aarch64-unknown-linux-gnu
    program_sha256=5ecf8317e717e267c4cf161048f99b7addbccb1804a90d506437a7bc003c7616
    wheel_sha256=b98d6fc98a9cbc10219f6c6d6f2a6e10d1954416bbcd4371d317fc9c20050576
    ;;
  Darwin-x86_64)
    target=x86_64-apple-darwin
    program_sha256=3a375cd03dba65a52502da3ba7f02a46c9cf5fa4991a0566477c2be004aa6777
    wheel_sha256=c381b068b6f58ca1c19a0cf062c8489ee1c7fe430d3ebc48db944f5c80beb2c2
    ;;
  Darwin-arm64)
    target=aarch64-apple-darwin
    program_sha256=1fd4383b532a8a04707cbf8cd7d179f41d0f0eefdc28b28907abbaf049695c2c
    wheel_sha256=f2da72aa734463600a5a16efd786a4aecd22ddcd6ea907f56fca15f9eb3ca794
    ;;
  *)
    target='' program_sha256='' wheel_sha256=''
    ;;
esac

# openssl first: it is four times as fast where the processor can do it.
sha256_of() {
  if command -v openssl >/dev/null; then
    openssl dgst -sha256 -r "$1"
  elif command -v sha256sum >/dev/null; then
    sha256sum "$1"
  else
    shasum -a 256 "$1"
  fi | cut -d ' ' -f 1
}

# The copy in .tools/ is the known program, or was found to be by whoever started this.
is_known() {
  [ -x "$cached" ] || return 1
  [ "${TOKENIZE_KNOWN_DENO:-}" != "$cached" ] || return 0
  [ "$(sha256_of "$cached")" = "$program_sha256" ] && return 0
  notice "$cached does not have the known SHA-256: not used"
  return 1
}

# The version of a deno, or nothing if it does not run.
version_of() { { "$1" -V 2>/dev/null || true; } | cut -d ' ' -f 2; }

# $1 is a 2.x not older than the pinned version.
is_usable() {
  case "$1" in
    2.*) [ "$(printf '%s\n%s\n' "$VERSION" "$1" | sort -V | head -n 1)" = "$VERSION" ] ;;
    *) false ;;
  esac
}

unpack_zip() { # $1 archive, $2 folder
  if command -v unzip >/dev/null; then
    unzip -q -o "$1" -d "$2"
  else
    python3 -m zipfile -e "$1" "$2"
  fi
}

fetch_release() { # into the folder $1; prints the program's path
  local zip="$1/deno.zip"
  curl --fail --silent --show-error --location --connect-timeout 5 --max-time 300 \
    --output "$zip" "https://dl.deno.land/release/v$VERSION/deno-$target.zip" || return 1
  unpack_zip "$zip" "$1" || return 1
  printf '%s\n' "$1/deno"
}

fetch_wheel() { # into the folder $1; prints the program's path
  printf 'deno==%s --hash=sha256:%s\n' "$VERSION" "$wheel_sha256" >"$1/requirements.txt"
  PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check --no-deps --only-binary :all: \
    --require-hashes --requirement "$1/requirements.txt" --target "$1/wheel" >&2 || return 1
  printf '%s\n' "$1/wheel/bin/deno"
}

# Shows that something is going on: a dot each second, for as long as the folder $1 is there.
tick() {
  while sleep 1 2>/dev/null && [ -d "$1" ] && kill -0 $$ 2>/dev/null; do
    printf . >&2
    : >"$1/ticked"
  done
}

end_ticks() { [ ! -e "$fetch_dir/ticked" ] || notice ''; }

# Fetches in a folder of its own and renames at the end, so that it can be interrupted, and can run
# several times at once.
fetch() {
  [ -n "$target" ] || return 1
  mkdir -p "$tools"
  find "$tools" -maxdepth 1 -name 'fetching.*' -mmin +60 -exec rm -rf {} + # of one that was killed
  fetch_dir=$(mktemp -d "$tools/fetching.XXXXXX")
  trap 'rm -rf "$fetch_dir"' EXIT
  trap 'trap "" INT TERM HUP; exit 130' INT
  trap 'trap "" INT TERM HUP; exit 143' TERM HUP
  local way program
  notice "Fetching Deno $VERSION (once, into .tools/) and the packages that it runs"
  tick "$fetch_dir" >/dev/null &
  for way in release wheel; do
    program=$("fetch_$way" "$fetch_dir" 2>"$fetch_dir/$way.log") || continue
    if [ "$(sha256_of "$program")" != "$program_sha256" ]; then
      notice "The deno of this $way does not have the known SHA-256: not used"
      continue
    fi
    chmod 755 "$program"
    mv -f "$program" "$cached"
    # here and not by what comes next, which would show nothing meanwhile, and says what fails
    [ ! -f "$root/deno.lock" ] || (cd "$root" && "$cached" install --quiet --frozen) >/dev/null 2>&1 || true
    end_ticks
    rm -rf "$fetch_dir"
    trap - EXIT INT TERM HUP
    return 0
  done
  end_ticks
  for way in release wheel; do
    [ ! -s "$fetch_dir/$way.log" ] || notice "  $way: $(tail -n 1 "$fetch_dir/$way.log")"
  done
  rm -rf "$fetch_dir"
  trap - EXIT INT TERM HUP
  return 1
}

on_path=$(command -v deno || true)
on_path_version=$([ -z "$on_path" ] || version_of "$on_path")

if [ -n "${DENO:-}" ]; then
  [ -n "$(version_of "$DENO")" ] || die "Cannot run Deno: DENO=$DENO is not a program that runs"
  deno=$DENO
elif [ "$on_path_version" = "$VERSION" ]; then
  deno=$on_path
elif is_known || fetch; then
  deno=$cached
  export TOKENIZE_KNOWN_DENO=$cached
elif is_usable "$on_path_version"; then
  notice "Using Deno $on_path_version from the PATH: $VERSION, which is tested, cannot be fetched"
  deno=$on_path
else
  die "Cannot find Deno $VERSION: install it (https://docs.deno.com/runtime/getting_started/installation), set DENO=/path/to/deno, or install curl with unzip or python3 with pip so that it can be fetched"
fi

if [ "${1:-}" = --where ]; then
  printf '%s\n' "$deno"
else
  exec "$deno" "$@"
fi
