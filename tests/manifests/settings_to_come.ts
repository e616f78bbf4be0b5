/** Settings that manifests may use although this version of the program does not read them yet. */
export const SETTINGS_TO_COME: readonly string[] = ["HISTORY_CONN_STR", "RECEIPT_KEY_FILE"];
