/**
 * Keeps the parameters of a transaction's statements out of the server's log. A run that writes tokens need
 * not care; one that writes values does.
 *
 * Source: PostgreSQL documentation, "19.8.3. What to Log"; auto_explain; pgaudit's README.
 */
import { ServiceError } from "../../../errors.ts";
import type { Session } from "./session.ts";

const ACTION = "keep values out of the server's log";

/** Switches off what the role may switch off: some is for superusers, and older servers lack some. */
const SWITCH_OFF = `DO $$
DECLARE wish record;
BEGIN
  FOR wish IN
    SELECT s.name, w.value FROM (VALUES
      ('log_parameter_max_length', '0'),
      ('log_parameter_max_length_on_error', '0'),
      ('auto_explain.log_parameter_max_length', '0'),
      ('pgaudit.log_parameter', 'off'),
      ('log_error_verbosity', 'terse')
    ) AS w(name, value) JOIN pg_catalog.pg_settings s ON s.name = w.name
  LOOP
    BEGIN
      PERFORM pg_catalog.set_config(wish.name, wish.value, true);
    EXCEPTION WHEN insufficient_privilege THEN
      NULL;
    END;
  END LOOP;
END $$`;

/** Gives the names of settings by which the server would log parameters nevertheless. */
const STILL_LOGGED = `
SELECT coalesce(json_agg(w.name), '[]') FROM (VALUES
  ('log_statement', ARRAY['none', 'ddl'], 'log_parameter_max_length', '0'),
  ('log_min_duration_statement', ARRAY['-1'], 'log_parameter_max_length', '0'),
  ('log_min_duration_sample', ARRAY['-1'], 'log_parameter_max_length', '0'),
  ('log_transaction_sample_rate', ARRAY['0'], 'log_parameter_max_length', '0'),
  ('auto_explain.log_min_duration', ARRAY['-1'], 'auto_explain.log_parameter_max_length', '0'),
  ('pgaudit.log', ARRAY['none', ''], 'pgaudit.log_parameter', 'off')
) AS w(name, harmless, limited_by, off)
JOIN pg_catalog.pg_settings s ON s.name = w.name
LEFT JOIN pg_catalog.pg_settings l ON l.name = w.limited_by
WHERE s.setting <> ALL (w.harmless) AND coalesce(l.setting, '') <> w.off`;

/**
 * To be called within a transaction, for the rest of it. Throws `permission_denied` if the server would log
 * parameters, and the role may not change that.
 */
export async function keepParametersUnlogged(session: Session): Promise<void> {
  const [, { rows: [row] }] = await Promise.all([
    session.query(ACTION, SWITCH_OFF),
    session.query<[names: string[]]>(ACTION, STILL_LOGGED),
  ]);
  const [names] = row!;
  if (names.length === 0) return;
  throw new ServiceError(
    "permission_denied",
    `Cannot restore: the server would log the values as parameters of statements (${
      names.join(", ")
    }): have a superuser run ALTER ROLE … SET log_parameter_max_length = 0, or connect as one`,
  );
}
