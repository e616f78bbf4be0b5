#!/usr/bin/env bash
# Packs the Helm chart of a release, for the image that it has:
#
#   scripts/release_chart.sh v1.2.3 IMAGE FOLDER
#
# IMAGE is where the image will be, without a tag, such as ghcr.io/owner/tokenize-action. HELM is another
# program than the helm on the PATH.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tag=${1:?which version, such as v1.2.3} image=${2:?where the image will be}
folder=${3:?which folder to write to}
version=${tag#v} values=tokenize-action/values.yaml

mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R deploy/chart/tokenize-action "$work/tokenize-action"
sed "s,^  repository: .*,  repository: $image," "deploy/chart/$values" >"$work/$values"
"${HELM:-helm}" package "$work/tokenize-action" --version "$version" --app-version "$version" \
  --destination "$work" >/dev/null
mv "$work/tokenize-action-$version.tgz" "$folder/tokenize-action-$tag-chart.tgz"
