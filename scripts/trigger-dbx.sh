#!/usr/bin/env bash
# Triggers the Databricks dataset that secrets.env names, from inside the cluster. DATASET_URN and
# DATASET_COLUMNS name another one, as --urn and --columns do: all options are those of `tokenize trigger`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/cluster/secrets.sh
source scripts/cluster/trigger.sh

check_secrets
has_warehouse || refuse "Cannot trigger Databricks: $SECRETS_FILE has no DBX_JDBC_URL (add it, then make up)"
need_cluster
trigger_inside "${DATASET_URN:-$(secret DBX_DATASET_URN)}" "${DATASET_COLUMNS:-$(secret DBX_COLUMNS)}" "$@"
