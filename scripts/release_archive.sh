#!/usr/bin/env bash
# Packs what `make sbom` left in dist as a release has it:
#
#   scripts/release_archive.sh v1.2.3 linux-x64 FOLDER
#
# The archive holds the program, its licences and manual pages, and the documents with the files that they have a reader
# use, at the paths they have here. The bill of materials lies beside it. TOKENIZE_DIST is another
# folder than dist, as for the build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tag=${1:?which version, such as v1.2.3} target=${2:?which target, such as linux-x64}
folder=${3:?which folder to write to}
name=tokenize-action-$tag-$target dist=${TOKENIZE_DIST:-dist}

mkdir -p "$folder"
packed=$(mktemp -d)
trap 'rm -rf "$packed"' EXIT
mkdir "$packed/$name"
cp "$dist/tokenize" "$dist/licenses.txt" "$packed/$name"
scripts/deno.sh run --quiet -A scripts/man.ts "$packed/$name/man"
# As they are in the repository: deploy is also where secrets and keys are kept.
git ls-files LICENSE README.md CHANGELOG.md SECURITY.md docs deploy |
  tar -cf - -T - | tar -C "$packed/$name" -xf -
tar -C "$packed" -czf "$folder/$name.tar.gz" "$name"
cp "$dist/sbom.cdx.json" "$folder/$name.cdx.json"
