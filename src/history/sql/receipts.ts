/** The chain of receipts. */
import { SCHEMA } from "../migrations.ts";

const RECEIPTS = `${SCHEMA}.receipts`;
const COLUMNS = "run_id, sequence::float8, hash, document";

/** $1 the run, $2 its number in the chain, $3 its hash, $4 the document. */
export const ADD_RECEIPT = `
INSERT INTO ${RECEIPTS} (run_id, sequence, hash, document)
SELECT $1, $2::int8, $3, $4
WHERE $2::int8 = 1 + COALESCE((SELECT max(sequence) FROM ${RECEIPTS}), 0)
ON CONFLICT DO NOTHING
RETURNING sequence::float8`;

/** $1 the run. */
export const FIND_RECEIPT = `SELECT ${COLUMNS} FROM ${RECEIPTS} WHERE run_id = $1`;

/** The end of the chain. */
export const LAST_RECEIPT = `SELECT ${COLUMNS} FROM ${RECEIPTS} ORDER BY sequence DESC LIMIT 1`;
