# shellcheck shell=bash
# The action's image: which one, built if nobody has built it, loaded if the cluster has not got it.
#
# IMAGE         an image that the nodes can pull or have: nothing is built or loaded
# BUILDER       docker (default where its daemon answers), podman or buildah
# LOAD_IMAGE    with CLUSTER=current: the command that brings an image into the nodes; the image's
#               name is added to it (LOAD_IMAGE='kind load docker-image')
# DENO_IMAGE, RUNTIME_IMAGE   other base images, as by digest
source scripts/cluster/common.sh

# localhost/ so that no registry is ever asked for a name that somebody else may own.
readonly REPOSITORY=localhost/tokenize-action

sha256() { if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi; }

# What the image is made of: the Dockerfile, and what it copies.
image_sources() {
  echo Dockerfile
  awk '$1 == "COPY" && !/--from=/ { for (i = 2; i < NF; i++) if ($i !~ /^--/) print $i }' Dockerfile
}

source_files() {
  local sources
  IFS=$'\n' read -r -d '' -a sources <<<"$(image_sources)" || true
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files --cached --others --exclude-standard -- "${sources[@]}"
  else
    find "${sources[@]}" -type f
  fi | LC_ALL=C sort -u | while IFS= read -r file; do [ ! -f "$file" ] || printf '%s\n' "$file"; done
}

# The last commit that touched one of these, so that an unrelated one makes no new image.
image_commit() { # FORMAT
  local sources
  IFS=$'\n' read -r -d '' -a sources <<<"$(image_sources)" || true
  git log -1 --format="$1" -- "${sources[@]}" 2>/dev/null || true
}

image_revision() {
  local revision sources
  IFS=$'\n' read -r -d '' -a sources <<<"$(image_sources)" || true
  revision=$(image_commit %H)
  if [ -n "$revision" ] && [ -n "$(git status --porcelain -- "${sources[@]}")" ]; then
    revision=$revision-dirty
  fi
  echo "${revision:-unknown}"
}

# Where the sources are published; not a folder on somebody's disk, and without a password.
image_source() {
  local url
  url=$(git config --get remote.origin.url 2>/dev/null | sed -n 's,^\(https://\)\([^/@]*@\)\{0,1\},\1,p' || true)
  echo "${url:-unknown}"
}

product_version() { sed -n 's/^ *"version": *"\([^"]*\)".*/\1/p' deno.json | head -n 1; }

# The tag is made of the contents: the same sources have the same name, and a name never means two
# things.
image_name() {
  if [ -n "${IMAGE:-}" ]; then
    echo "$IMAGE"
    return
  fi
  local contents
  contents=$({
    source_files | while IFS= read -r file; do sha256 "$file"; done
    image_revision
    echo "${DENO_IMAGE:-} ${RUNTIME_IMAGE:-}"
  } | sha256 | cut -c 1-12)
  echo "$REPOSITORY:$(product_version)-$contents"
}

choose_builder() {
  if [ -n "${BUILDER:-}" ]; then
    need "$BUILDER" "BUILDER names it"
    echo "$BUILDER"
  elif docker info >/dev/null 2>&1; then
    echo docker
  elif command -v podman >/dev/null 2>&1; then
    echo podman
  elif command -v buildah >/dev/null 2>&1; then
    echo buildah
  elif command -v docker >/dev/null 2>&1; then
    refuse "Cannot build the image: docker is installed, but its daemon does not answer (docker info says why)"
  else
    refuse "Cannot build the image: docker is not installed (https://docs.docker.com/get-docker/; podman and buildah do as well)"
  fi
}

# Every node says it has it.
cluster_has() { # IMAGE
  local nodes
  nodes=$(kube get nodes --output 'jsonpath={range .items[*]}{.status.images[*].names}{"\n"}{end}' 2>/dev/null) || return 1
  [ -n "$nodes" ] && ! grep -qvF "\"$1\"" <<<"$nodes"
}

builder_has() { # BUILDER IMAGE
  case $1 in
    buildah) buildah inspect --type image "$2" >/dev/null 2>&1 ;;
    *) "$1" image inspect "$2" >/dev/null 2>&1 ;;
  esac
}

build_image() { # BUILDER IMAGE
  local arguments=(
    --tag "$2"
    --build-arg "VERSION=$(product_version)"
    --build-arg "REVISION=$(image_revision)"
    --build-arg "SOURCE=$(image_source)"
  )
  [ -z "$(image_commit %cI)" ] || arguments+=(--build-arg "CREATED=$(image_commit %cI)")
  [ -z "${DENO_IMAGE:-}" ] || arguments+=(--build-arg "DENO_IMAGE=$DENO_IMAGE")
  [ -z "${RUNTIME_IMAGE:-}" ] || arguments+=(--build-arg "RUNTIME_IMAGE=$RUNTIME_IMAGE")
  # HEALTHCHECK is not part of the OCI format.
  [ "$1" = docker ] || arguments+=(--format docker)
  # The Dockerfile asks for the platforms' names, which Docker's old builder does not know.
  DOCKER_BUILDKIT=1 "$1" build "${arguments[@]}" .
}

# What the tools leave in TMPDIR when they are stopped goes with our own scratch files.
load_image() { # BUILDER IMAGE
  local -x TMPDIR=$work
  if [ "$CLUSTER" = current ]; then
    bash -c "$LOAD_IMAGE \"\$1\"" load "$2"
  elif [ "$1" = docker ]; then
    minikube --profile "$PROFILE" image load "$2"
  else
    rm -f "$work/image.tar"
    "$1" push --quiet "$2" "docker-archive:$work/image.tar:$2"
    minikube --profile "$PROFILE" image load "$work/image.tar"
    rm -f "$work/image.tar"
  fi
}

# Asks early for what will be needed, before the cluster is touched.
need_image_tools() {
  [ -z "${IMAGE:-}" ] || return 0
  choose_builder >/dev/null
}

provide_image() { # IMAGE
  if [ -n "${IMAGE:-}" ]; then
    say "Image $1: as IMAGE says"
  elif cluster_has "$1"; then
    say "Image $1: in the cluster already"
  else
    [ "$CLUSTER" = minikube ] || [ -n "${LOAD_IMAGE:-}" ] ||
      refuse "Cannot load the image: set LOAD_IMAGE to the command that brings an image into the cluster's nodes, or IMAGE to one they can pull"
    local builder
    builder=$(choose_builder)
    if ! builder_has "$builder" "$1"; then
      say "Image $1: building it with $builder"
      build_image "$builder" "$1" >"$work/build.log" 2>&1 || {
        tail -n 40 "$work/build.log" >&2
        fail "Cannot build the image: $builder says why above"
      }
    fi
    say "Image $1: loading it into the cluster"
    load_image "$builder" "$1" >"$work/load.log" 2>&1 || {
      tail -n 20 "$work/load.log" >&2
      fail "Cannot load the image into the cluster: see above"
    }
  fi
}
