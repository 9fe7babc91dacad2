#!/bin/sh
# Runs the tests that use the database once more, on the PostgreSQL of Debian: another major version than the embedded
# one. The server is private: a free port, a temporary directory. Installs the package where it is missing and we are
# root; elsewhere it says what is skipped.
set -eu
cd "$(dirname "$0")/.."

skip() {
    echo "Skipped: the database tests on Debian's PostgreSQL ($1)."
    exit 0
}

programs() {
    find /usr/lib/postgresql -path '*/bin/initdb' 2>/dev/null | sort -V | tail -n 1 | xargs -r dirname
}

as_server() {
    if [ "$(id -u)" = 0 ]; then
        runuser -u postgres -- "$@"
    else
        "$@"
    fi
}

if [ -z "$(programs)" ]; then
    command -v apt-get >/dev/null || skip "this is no Debian"
    [ "$(id -u)" = 0 ] || skip "it is not installed; apt-get install postgresql"
    tools/install_peers.sh postgresql
    [ -n "$(programs)" ] || skip "it cannot be installed"
fi
bin=$(programs)
# In memory, where there are 4 GiB of it: every test copies a database.
free=$(df -Pk /dev/shm 2>/dev/null | awk 'NR == 2 { print $4 }')
if [ "${free:-0}" -ge 4194304 ]; then
    place=$(mktemp -d -p /dev/shm)
else
    place=$(mktemp -d)
fi
[ "$(id -u)" != 0 ] || chown postgres "$place"

end() {
    as_server "$bin/pg_ctl" -D "$place/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$place"
}
trap end EXIT
trap 'exit 1' INT TERM

port=$(.venv/bin/python -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
unsafe="-c fsync=off -c full_page_writes=off -c synchronous_commit=off"
(
    cd "$place"
    as_server "$bin/initdb" -D "$place/data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    as_server "$bin/pg_ctl" -D "$place/data" -w -l "$place/log" start >/dev/null \
        -o "-c listen_addresses=127.0.0.1 -p $port -k $place -c max_connections=200 $unsafe"
)
echo "The database tests once more, on $("$bin/postgres" --version):"
CORDBOARD_TEST_DATABASE_URL="postgresql://postgres@127.0.0.1:$port/postgres" \
    PYTHONPATH=tools .venv/bin/pytest -q -n 2 -p only_database_tests tests/unit tests/api tests/carriers tests/campaigns tests/callcenter
