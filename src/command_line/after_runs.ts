/** The commands for what was done: it is undone, or verified. */
import { addDataset, addVerified, parseDataset, parseVerified } from "./dataset_options.ts";
import type { Definition } from "./definition.ts";
import {
  addCommit,
  addDryRun,
  addJson,
  addPace,
  addReceipt,
  addReceiptFiles,
  parseRunOptions,
} from "./options.ts";

/** In the order of `--help`. */
export const AFTER_RUNS: readonly Definition[] = [
  {
    name: "restore",
    description: "turn tokens back into values, in place (ALLOW_DETOKENIZE=true)",
    options: [addDataset, addDryRun, addCommit, addPace, addJson],
    read: (options, parser) => ({
      name: "restore",
      dataset: parseDataset(options, parser),
      options: parseRunOptions(options, parser),
      quiet: options.quiet ?? false,
      json: options.json,
    }),
  },
  {
    name: "verify",
    description: "check, reading only, that columns hold nothing but tokens",
    options: [addVerified, addReceipt, addJson],
    read: (options, parser) => ({
      name: "verify",
      ...parseVerified(options, parser),
      receipt: options.receipt,
      quiet: options.quiet ?? false,
      json: options.json,
    }),
  },
  {
    name: "receipt verify",
    description: "check receipts with the public key of their signer",
    options: [addReceiptFiles, addJson],
    read: ({ files = [], key = "", json }) => ({ name: "receipt verify", files, key, json }),
  },
];
