/** The settings of the service itself: where it listens, who may ask for what, and its log. */
import { choice, flag, integer, list, path, secret, text } from "../setting.ts";

/** By variable. */
export const SERVICE = {
  HOST: text("the address to listen on: an IP address or a host name", "`127.0.0.1`"),
  PORT: integer("the port to listen on", 8080, [1, 65535]),
  TRIGGER_TOKEN: secret(
    "the bearer token that `/trigger` requires: 16 characters or more, printable ASCII without blanks",
    "none; then `HOST` must be a loopback address",
  ),
  ALLOW_ANONYMOUS: flag("`true`: listen on any address without a token"),
  ALLOWED_DATASETS: list(
    "the datasets that may be tokenized, as [URN patterns](#allowed-datasets) with commas between them",
    "all",
  ),
};

/** Those of the log, by variable. */
export const OUTPUT = {
  LOG_LEVEL: choice(
    "the least severe lines to log: `debug`, `info`, `warn` or `error`",
    ["debug", "info", "warn", "error"],
    "`info`; `warn` for jobs on a terminal",
  ),
  LOG_FORMAT: choice(
    "`text` for people, `json` for programs, an object on each line",
    ["text", "json"],
    "`text` on a terminal, else `json`",
  ),
  RECEIPT_KEY_FILE: path(
    "the Ed25519 private key (PKCS #8 in PEM) that signs [receipts](receipts.md)",
    "none: they are not signed",
  ),
};
