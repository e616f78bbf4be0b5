# shellcheck shell=bash
# Postgres, from inside its own pod. Passwords go in by standard input, never as arguments.
source scripts/cluster/common.sh
source scripts/cluster/secrets.sh

# What psql prints; what it complains of, only where it fails (older container runtimes make kubectl
# exec chatter on standard error).
admin_psql() { # SQL on standard input
  # shellcheck disable=SC2016 # expanded in the pod
  kube exec --stdin postgres-0 -- sh -c \
    'PGPASSWORD=$POSTGRES_PASSWORD exec psql --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --username postgres --dbname app' \
    2>"$work/psql.log" || {
    cat "$work/psql.log" >&2
    return 1
  }
}

# The action's role logs in with today's password, over TCP as the action does, and may do its work.
# (By the pod's own address, and so by TLS and password.)
role_works() {
  # shellcheck disable=SC2016 # expanded in the pod
  [ "$(secret TOKENIZE_DB_PASSWORD | kube exec --stdin postgres-0 -- sh -c \
    'IFS= read -r PGPASSWORD; export PGPASSWORD; set -- $(hostname -i)
     psql --no-psqlrc --tuples-only --no-align --host "$1" --username tokenize --dbname app --command "
       SELECT has_table_privilege('\''public.customers'\'', '\''SELECT'\'')
          AND has_table_privilege('\''public.customers'\'', '\''UPDATE'\'')"' 2>/dev/null)" = t ]
}

provide_database() {
  if ! role_works; then
    say "Database: setting up the role \"tokenize\" and the table public.customers"
    {
      printf "\\\\set tokenize_password '%s'\n" "$(secret TOKENIZE_DB_PASSWORD)"
      cat deploy/postgres/table.sql deploy/postgres/init.sql deploy/grants.sql
    } | admin_psql >/dev/null || fail "Cannot set up the database: psql says why above"
    role_works || fail "Cannot set up the database: the role \"tokenize\" cannot log in from the network"
  fi
  local result
  result=$(admin_psql <deploy/postgres/seed.sql) || fail "Cannot seed the database: psql says why above"
  case $result in
    'INSERT 0 0') say "Database: public.customers has rows already, not seeded" ;;
    *) say "Database: seeded ${result##* } customers" ;;
  esac
}
