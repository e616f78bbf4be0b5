-- The role the action connects as, with its password. What the role may do on the table of table.sql is
-- granted afterwards, by ../grants.sql. Postgres' image runs all three once, when it sets up an empty
-- volume; `make up` runs them again if the role cannot log in or the table is missing.
-- Running them again changes no row.
\set ON_ERROR_STOP on
\if :{?tokenize_password}
\else
  \getenv tokenize_password TOKENIZE_DB_PASSWORD
\endif

-- The statements that hold a password are not to be logged, whatever the server's settings are.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SET client_min_messages = 'warning';

BEGIN;

SELECT 'CREATE ROLE tokenize'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tokenize') \gexec

ALTER ROLE tokenize LOGIN PASSWORD :'tokenize_password';

-- The database is there for this alone: nobody else has any business in it.
REVOKE ALL ON DATABASE app FROM PUBLIC;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

COMMIT;
