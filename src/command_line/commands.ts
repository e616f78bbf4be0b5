/** Every command: its options, and how they become the command as plain data. */
import { AFTER_RUNS } from "./after_runs.ts";
import type { Definition } from "./definition.ts";
import {
  addAnyDataset,
  addDataset,
  addDatasetOrFile,
  addDatasets,
  parseAnyDataset,
  parseDataset,
  parseDatasetOrFile,
  parseDatasets,
} from "./dataset_options.ts";
import {
  addCommit,
  addFrom,
  addJson,
  addJsonLines,
  addKeyFile,
  addNewKey,
  addPace,
  addReceipt,
  addRunOptions,
  addShell,
  addShowShapes,
  addStrategy,
  addTokenContext,
  addUrl,
  addYes,
  parseKeys,
  parseRunOptions,
  parseTokenContext,
} from "./options.ts";

/** In the order of `--help`. */
export const COMMANDS: readonly Definition[] = [
  {
    name: "serve",
    description: "run the action: an HTTP server",
    options: [],
    read: () => ({ name: "serve" }),
  },
  {
    name: "run",
    description: "tokenize a dataset once, or many, without a server",
    options: [addDatasetOrFile, addRunOptions, addStrategy, addPace, addReceipt, addYes, addJson],
    read: (options, parser) => ({
      name: "run",
      receipt: options.receipt,
      ...parseDatasetOrFile(options, parser),
      yes: options.yes ?? false,
      quiet: options.quiet ?? false,
      json: options.json,
    }),
  },
  {
    name: "plan",
    description: "say what runs would do, what stands in their way and what they cost",
    options: [addDatasetOrFile, addCommit, addStrategy, addShowShapes, addJson],
    read: (options, parser) => ({
      name: "plan",
      ...parseDatasetOrFile(options, parser),
      showShapes: options.showShapes ?? false,
      json: options.json,
    }),
  },
  {
    name: "rotate",
    description: "replace tokens of an older key or SDK with those of the current one",
    options: [addDataset, addFrom, addRunOptions, addPace, addYes, addJson],
    read: (options, parser) => ({
      name: "rotate",
      dataset: parseDataset(options, parser),
      from: options.from,
      options: parseRunOptions(options, parser),
      yes: options.yes ?? false,
      quiet: options.quiet ?? false,
      json: options.json,
    }),
  },
  {
    name: "trigger",
    description: "ask a running action to tokenize a dataset",
    options: [addDataset, addUrl, addRunOptions, addStrategy, addPace, addJson],
    read: (options, parser) => ({
      name: "trigger",
      url: options.url,
      dataset: parseDataset(options, parser),
      options: parseRunOptions(options, parser),
      json: options.json,
    }),
  },
  {
    name: "smoke",
    description: "trigger each dataset twice; fail if a second run updates anything",
    options: [addDatasets, addUrl, addJson],
    read: (options, parser) => ({
      name: "smoke",
      url: options.url,
      datasets: parseDatasets(options, parser),
      json: options.json,
    }),
  },
  {
    name: "healthcheck",
    description: "exit with code 0 if the running action is up",
    options: [addUrl],
    read: ({ url }) => ({ name: "healthcheck", url }),
  },
  {
    name: "detokenize",
    description: "read tokens back, one a line, from standard input (ALLOW_DETOKENIZE=true)",
    options: [addTokenContext, addJson],
    read: (options, parser) => ({
      name: "detokenize",
      ...parseTokenContext(options, parser),
      json: options.json,
    }),
  },
  {
    name: "token",
    description: "make tokens of values, one a line, from standard input",
    options: [addTokenContext, addJsonLines],
    printsText: true,
    read: (options, parser) => ({
      name: "token",
      ...parseTokenContext(options, parser),
      json: options.json,
    }),
  },
  {
    name: "keys new",
    description: "make the key file; one that exists is not overwritten",
    options: [addKeyFile, addNewKey, addJson],
    read: (options) => ({ name: "keys new", ...parseKeys(options) }),
  },
  {
    name: "keys add",
    description: "add a key, which makes tokens from now on; the others still recognize theirs",
    options: [addKeyFile, addNewKey, addJson],
    read: (options) => ({ name: "keys add", ...parseKeys(options) }),
  },
  {
    name: "keys list",
    description: "list the keys by their ids, and what each is for",
    options: [addKeyFile, addJson],
    read: (options) => ({ name: "keys list", ...parseKeys(options) }),
  },
  {
    name: "keys check",
    description: "exit with code 0 if the key file can be used",
    options: [addKeyFile, addJson],
    read: (options) => ({ name: "keys check", ...parseKeys(options) }),
  },
  ...AFTER_RUNS,
  {
    name: "datahub plan",
    description: "count what would be done about each tagged dataset, and change nothing",
    options: [addJson],
    read: ({ json }) => ({ name: "datahub plan", json }),
  },
  {
    name: "datahub sweep",
    description: "deal with each tagged dataset once, as DATAHUB_MODE says",
    options: [addYes, addJson],
    read: ({ yes = false, json }) => ({ name: "datahub sweep", yes, json }),
  },
  {
    name: "datahub status",
    description: "ask the running action how far it follows DataHub",
    options: [addUrl, addJson],
    read: ({ url, json }) => ({ name: "datahub status", url, json }),
  },
  {
    name: "history migrate",
    description: "bring the tables of the history to this program's version (HISTORY_CONN_STR)",
    options: [addJson],
    read: ({ json }) => ({ name: "history migrate", json }),
  },
  {
    name: "doctor",
    description: "check all that a run depends on: settings, connections, rights, SDK, sandbox",
    options: [addAnyDataset, addJson],
    read: (options, parser) => ({
      name: "doctor",
      dataset: parseAnyDataset(options, parser),
      machine: undefined,
      json: options.json,
    }),
  },
  {
    name: "permissions",
    description: "print what the sandbox would be given, and why",
    options: [addJson],
    read: ({ json }) => ({ name: "permissions", json }),
  },
  {
    name: "config check",
    description: "check the settings, and print where each comes from",
    options: [addJson],
    read: ({ json }) => ({ name: "config check", json }),
  },
  {
    name: "completion",
    description: "print what makes a shell complete the command line",
    options: [addShell],
    read: ({ shell }) => ({ name: "completion", shell: shell! }),
  },
];

/** The commands that only have commands of their own, such as the first word of `config check`. */
export const GROUPS: Readonly<Record<string, string>> = {
  keys: "make and look after the key file",
  config: "check the settings",
  history: "the database that keeps runs",
  receipt: "what proves that a run was done",
  datahub: "what the tags in DataHub ask for, and how far it is done",
};
