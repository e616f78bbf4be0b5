-- A role that can tokenize one table, and do nothing else. Any client can run this; as the table's
-- owner where the role exists, else as one who may make roles. For psql:
--
--     psql app --set ON_ERROR_STOP=1 --command "SET tokenize.table_name = 'customers'" \
--       --command "SET tokenize.column_names = 'email,phone'" --file deploy/grants.sql
--
-- | setting               | what for                                               | else      |
-- | --------------------- | ------------------------------------------------------ | --------- |
-- | tokenize.role_name    | the role, made where there is none; give it a password | tokenize  |
-- | tokenize.schema_name  | the table's schema                                     | public    |
-- | tokenize.table_name   | the table                                              | customers |
-- | tokenize.column_names | the only columns it may read and change, by commas     | all       |
-- | tokenize.maintain     | on: it may ANALYZE and VACUUM the table too, which     | off       |
-- |                       | "scrub" needs; from PostgreSQL 17 on                   |           |
--
-- Names stand as the catalogue has them, without quotes. Running it again changes what the role may
-- do with the table to what is asked for now. For another table, run it once more.
--
-- What everybody may do, this role may do too: it warns where that is more than to connect.
DO $grants$
DECLARE
  grantee name := coalesce(nullif(current_setting('tokenize.role_name', true), ''), 'tokenize');
  schema name := coalesce(nullif(current_setting('tokenize.schema_name', true), ''), 'public');
  target text := format('%I.%I', schema,
    coalesce(nullif(current_setting('tokenize.table_name', true), ''), 'customers'));
  columns text := nullif(current_setting('tokenize.column_names', true), '');
  maintain bool := coalesce(nullif(current_setting('tokenize.maintain', true), ''), 'off')::bool;
  relation regclass := target::regclass;
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

  EXECUTE format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), grantee);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', schema, grantee);
  EXECUTE format('REVOKE ALL ON TABLE %s FROM %I', target, grantee);
  IF columns IS NULL THEN
    EXECUTE format('GRANT SELECT, UPDATE ON TABLE %s TO %I', target, grantee);
  ELSE
    SELECT string_agg(format('%I', trim(c)), ', ') INTO listed
    FROM regexp_split_to_table(columns, ',') c WHERE trim(c) <> '';
    -- ctid and tableoid are the address of a row, by which it is written back; xmin tells who wrote it, and
    -- xmax who has replaced it, for the progress of one UPDATE
    EXECUTE format('GRANT SELECT (%s, ctid, tableoid, xmin, xmax), UPDATE (%s) ON TABLE %s TO %I',
      listed, listed, target, grantee);
  END IF;
  IF maintain THEN
    EXECUTE format('GRANT MAINTAIN ON TABLE %s TO %I', target, grantee);
  END IF;

  IF has_database_privilege(grantee, current_database(), 'TEMP') THEN
    RAISE WARNING '% may make temporary tables, as everybody may in this database', grantee;
  END IF;
  SELECT string_agg(nspname, ', ' ORDER BY nspname) INTO listed FROM pg_namespace
  WHERE nspname !~ '^pg_' AND has_schema_privilege(grantee, oid, 'CREATE');
  IF listed IS NOT NULL THEN
    RAISE WARNING '% may create objects in schema: %', grantee, listed;
  END IF;
  SELECT string_agg(oid::regclass::text, ', ' ORDER BY oid::regclass::text) INTO listed FROM pg_class
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f') AND oid <> relation
    AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    AND has_schema_privilege(grantee, relnamespace, 'USAGE')
    AND has_table_privilege(grantee, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE');
  IF listed IS NOT NULL THEN
    RAISE WARNING '% has rights on other tables: %', grantee, listed;
  END IF;
END
$grants$;
