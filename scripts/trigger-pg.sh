#!/usr/bin/env bash
# Triggers the seeded Postgres table from inside the cluster. DATASET_URN and DATASET_COLUMNS name
# another dataset, as --urn and --columns do: all options are those of `tokenize trigger`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/cluster/trigger.sh

need_cluster
trigger_inside "${DATASET_URN:-urn:li:dataset:(urn:li:dataPlatform:postgres,app.public.customers,PROD)}" \
  "${DATASET_COLUMNS:-name,email,phone}" "$@"
