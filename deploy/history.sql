-- A role that the program keeps the history of runs with, and that can do nothing else: it reads and
-- writes the rows of the schema tokenize_history, and makes no table. Any client can run this, as the
-- owner of the schema who may also make roles, before or after "tokenize history migrate". For psql:
--
--     psql history --set ON_ERROR_STOP=1 --file deploy/history.sql
--
-- | setting               | what for                                               | else             |
-- | --------------------- | ------------------------------------------------------ | ---------------- |
-- | tokenize.role_name    | the role, made where there is none; give it a password | tokenize_history |
--
-- The tables are made by who runs "tokenize history migrate" with HISTORY_CONN_STR: the user that runs
-- this, whose later tables the role may use, too. Running it again changes nothing.
DO $history$
DECLARE
  grantee name := coalesce(nullif(current_setting('tokenize.role_name', true), ''),
    'tokenize_history');
  listed text;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = grantee) THEN
    EXECUTE format('CREATE ROLE %I LOGIN', grantee);
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = grantee AND
      (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)) THEN
    EXECUTE format(
      'ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', grantee);
  END IF;

  CREATE SCHEMA IF NOT EXISTS tokenize_history;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), grantee);
  EXECUTE format('GRANT USAGE ON SCHEMA tokenize_history TO %I', grantee);
  EXECUTE format(
    'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA tokenize_history TO %I', grantee);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA tokenize_history ' ||
    'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', grantee);
  -- which steps were applied is the owner's to say
  IF to_regclass('tokenize_history.migrations') IS NOT NULL THEN
    EXECUTE format(
      'REVOKE INSERT, UPDATE, DELETE ON tokenize_history.migrations FROM %I', grantee);
  END IF;

  IF has_schema_privilege(grantee, 'tokenize_history', 'CREATE') THEN
    RAISE WARNING '% may make tables in the schema tokenize_history', grantee;
  END IF;
  SELECT string_agg(oid::regclass::text, ', ' ORDER BY oid::regclass::text) INTO listed FROM pg_class
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
    AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace,
      'tokenize_history'::regnamespace)
    AND has_schema_privilege(grantee, relnamespace, 'USAGE')
    AND has_table_privilege(grantee, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE');
  IF listed IS NOT NULL THEN
    RAISE WARNING '% has rights on other tables: %', grantee, listed;
  END IF;
END
$history$;
