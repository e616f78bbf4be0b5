/** The settings of the DataHub loop. */
import { DATAHUB_MODES, REPORT_KINDS } from "../../datahub/settings.ts";
import { choice, duration, flag, list, path, secret, text } from "../setting.ts";

/** By variable. */
export const DATAHUB = {
  DATAHUB_GMS_URL: text(
    "the metadata service (GMS): `http://` or `https://`, a host, and a port and a path if need be",
    "DataHub is not followed",
  ),
  DATAHUB_GMS_TOKEN: secret("an access token for it"),
  DATAHUB_AUTH_TOKEN_FILE: path(
    "the file that contains the token, under the name that DataHub's own tools read",
  ),
  DATAHUB_TAGS: list(
    'URNs of tags that mean "tokenize this column", with commas between them',
    "none; it or `DATAHUB_TERMS` is required",
  ),
  DATAHUB_TERMS: list(
    "URNs of glossary terms that mean the same; a term group (`urn:li:glossaryNode:…`) stands for every term in it",
  ),
  DATAHUB_MODE: choice(
    "`observe`: count and report; `approve`: tokenize what has the approval tag; `run`: tokenize, which needs `ALLOWED_DATASETS`",
    DATAHUB_MODES,
    "`observe`",
  ),
  DATAHUB_APPROVAL_TAG: text(
    "URN of the tag that approves a column",
    "none; required for `approve`",
  ),
  DATAHUB_DONE_TAG: text("URN of the tag that marks a column as done", "`urn:li:tag:Tokenized`"),
  DATAHUB_SWEEP_INTERVAL: duration(
    "how often every tagged dataset is checked: a [duration](#durations)",
    "`6h`",
  ),
  DATAHUB_CONSUMER: text(
    "the name under which DataHub keeps how far events were handled",
    "`tokenize-action`",
  ),
  DATAHUB_REPORT: list(
    "what is reported to DataHub: `operation`, `tag`, `incident`, `property`, `assertion`",
    "`operation,tag,incident`",
    REPORT_KINDS,
  ),
  DATAHUB_PURGE_PROFILES: flag(
    "`true`: delete a dataset's profiles after a run, since they hold values",
  ),
  DATAHUB_POLL_TIMEOUT: duration(
    "how long DataHub may wait for an event before it responds, from `1s` to `10s`",
    "`2s`",
  ),
  DATAHUB_POLL_PAUSE: duration("the pause between two polls for events", "`1s`"),
};
