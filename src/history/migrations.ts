/**
 * The schema of the history, as the steps that lead to it. A step that was released never changes: its
 * checksum is kept in the database. A later program only adds steps, each of which the program before it
 * can live with, so that replicas are replaced one by one.
 */

/** The schema that everything is in. */
export const SCHEMA = "tokenize_history";

/** One step. */
export interface Migration {
  /** 1 for the first, and one more for each. */
  readonly version: number;
  readonly name: string;
  /** Statements without parameters. They run in one transaction, with the catalogue as `search_path`. */
  readonly sql: string;
}

/** Every step, in order. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: "runs, their owners, receipts and leaders",
    sql: `
CREATE TABLE ${SCHEMA}.owners (
  lock_id int4 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  owner text NOT NULL UNIQUE,
  replica text NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  lost_at timestamptz
);
COMMENT ON TABLE ${SCHEMA}.owners IS
  'processes that execute runs; each holds the advisory lock of its lock_id for as long as it lives';

CREATE TABLE ${SCHEMA}.runs (
  run_id text COLLATE "C" PRIMARY KEY,
  owner text NOT NULL,
  state text NOT NULL,
  dataset_urn text NOT NULL,
  created_at timestamptz NOT NULL,
  finished_at timestamptz,
  changed_at timestamptz NOT NULL DEFAULT now(),
  revision int8 NOT NULL DEFAULT 1,
  idempotency_key text COLLATE "C",
  body_hash text,
  cancel_requested bool NOT NULL DEFAULT false,
  throttle jsonb,
  document json NOT NULL
) WITH (fillfactor = 70);
COMMENT ON COLUMN ${SCHEMA}.runs.document IS
  'the run as GET /runs/{id} sends it, without cancel_requested and throttle; it holds no value of a table';
CREATE INDEX runs_by_state ON ${SCHEMA}.runs (state, created_at DESC, run_id DESC);
CREATE INDEX runs_by_dataset ON ${SCHEMA}.runs (left(dataset_urn, 300), created_at DESC, run_id DESC);
CREATE INDEX runs_finished ON ${SCHEMA}.runs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX runs_live ON ${SCHEMA}.runs (owner) WHERE finished_at IS NULL;
CREATE UNIQUE INDEX runs_by_key ON ${SCHEMA}.runs (idempotency_key)
  WHERE idempotency_key IS NOT NULL;

CREATE TABLE ${SCHEMA}.receipts (
  sequence int8 PRIMARY KEY,
  run_id text COLLATE "C" NOT NULL UNIQUE,
  hash text NOT NULL,
  document text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE ${SCHEMA}.leaders (
  name text PRIMARY KEY,
  owner text NOT NULL,
  replica text NOT NULL,
  since timestamptz NOT NULL DEFAULT now(),
  status json
);
COMMENT ON TABLE ${SCHEMA}.leaders IS
  'who does at present what only one replica does, and how it is';

CREATE TABLE ${SCHEMA}.datahub_events (
  id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  leader text NOT NULL,
  event jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ${SCHEMA}.datahub_events IS
  'events that reached a replica which does not follow DataHub, for the one that does';
`,
  },
];

/** The version of the schema that this program works with. */
export const LATEST_VERSION = MIGRATIONS.length;
