#!/usr/bin/env bash
# Runs a command with a PostgreSQL server of its own beside it, on a Unix socket in a temporary folder:
# `.tools/with-postgres.sh cargo test …`. CONCLAVE_TEST_POSTGRES then names the server for the tests; without it they
# run on SQLite. Nothing of it is meant to last: no fsync, no password, removed at the end.
source "$(dirname "$0")/lib.sh"

postgres_bin() {
  local folder
  for folder in "${POSTGRES_BIN:-}" /usr/lib/postgresql/*/bin; do
    [ -x "$folder/initdb" ] && printf '%s\n' "$folder"
  done | tail -n 1
}
bin="$(postgres_bin)"
[ -n "$bin" ] || fail "PostgreSQL is missing: run '.tools/deps.sh tests', or set POSTGRES_BIN to the folder of its initdb."

# In memory where there is a place for that: a database for each test is mostly files to copy.
memory=/dev/shm
[ -w "$memory" ] || memory="${TMPDIR:-/tmp}"
folder="$(mktemp --directory "$memory/conclave-postgres.XXXXXX")"
# PostgreSQL refuses to run as root: then it runs as the user that Debian's package made for it.
as_user=() user="$(id -un)"
if [ "$(id -u)" -eq 0 ]; then
  user=postgres
  as_user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  chown postgres "$folder"
fi
server=''
finish() {
  # Its own signal for an immediate stop. There is nothing to keep.
  if [ -n "$server" ]; then
    kill -QUIT "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap finish EXIT
# Without these a signal ends the shell before it has cleaned up.
trap 'exit 130' INT
trap 'exit 143' TERM HUP
(cd "$folder" && "${as_user[@]}" "$bin/initdb" --pgdata="$folder/data" --auth=trust --username="$user" --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$folder/initdb.log" 2>&1) ||
  fail "PostgreSQL's initdb failed: $(tail -n 3 "$folder/initdb.log")"
"${as_user[@]}" "$bin/postgres" -D "$folder/data" -k "$folder" -c listen_addresses= -c fsync=off -c full_page_writes=off \
  -c synchronous_commit=off -c max_connections=200 -c wal_level=minimal -c max_wal_senders=0 >"$folder/log" 2>&1 &
server=$!
for _ in $(seq 100); do
  "$bin/pg_isready" --quiet --host="$folder" && break
  kill -0 "$server" 2>/dev/null || fail "PostgreSQL ended at once: $(tail -n 3 "$folder/log")"
  sleep 0.1
done
code=0
CONCLAVE_TEST_POSTGRES="postgres://$user@/{database}?host=$folder" "$@" || code=$?
exit "$code"
