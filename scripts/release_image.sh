#!/usr/bin/env bash
# Builds the image of a release for both architectures, into one archive in OCI's format:
#
#   scripts/release_image.sh v1.2.3 FOLDER
#
# It needs Docker with buildx, and pushes nothing. SOURCE is the address of the sources, for the labels.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tag=${1:?which version, such as v1.2.3} folder=${2:?which folder to write to}
builder=tokenize-release

mkdir -p "$folder"
docker buildx create --name "$builder" --driver docker-container >/dev/null
trap 'docker buildx rm "$builder" >/dev/null' EXIT
docker buildx build --builder "$builder" --platform linux/amd64,linux/arm64 \
  --build-arg "VERSION=${tag#v}" \
  --build-arg "REVISION=$(git rev-parse HEAD)" \
  --build-arg "CREATED=$(git log -1 --format=%cI)" \
  --build-arg "SOURCE=${SOURCE:-unknown}" \
  --output "type=oci,dest=$folder/tokenize-action-$tag-image.tar" .
