# What the benchmarks share: a release build, a throw-away database, a server, and wrk. To be sourced in the project's
# folder.

seconds_each=${SECONDS_EACH:-5}
databases=${DATABASES:-sqlite postgres}
binary=${BENCH_BINARY:-$PWD/target/dist/convoke}
work=$(mktemp -d)
server=
cluster=
# Further settings of the server, as NAME=value.
settings=()
# A command that runs the server, such as taskset with its arguments.
prefix=()
# Processes that are running, by their ids.
declare -A processes=()

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

say() {
    printf '%s\n' "$*" >&2
}

as_postgres() {
    if [ "$(id -u)" -eq 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

stop_process() {
    if [ -n "${processes[$1]:-}" ]; then
        kill -TERM "$1" 2>/dev/null || true
        wait "$1" 2>/dev/null || true
        unset "processes[$1]"
    fi
}

stop_server() {
    if [ -n "$server" ]; then
        stop_process "$server"
        server=
    fi
}

clean_up() {
    local status=$? pid
    for pid in "${!processes[@]}"; do
        stop_process "$pid"
    done
    if [ -n "$cluster" ]; then
        as_postgres "$pgbin/pg_ctl" -D "$cluster" -m immediate stop >/dev/null 2>&1 || true
    fi
    rm -rf "$work"
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

millis() {
    date +%s%3N
}

start_cluster() {
    pgbin=${PGBIN:-$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -rV | head -1)}
    [ -x "$pgbin/initdb" ] || fail "No PostgreSQL in $pgbin. Set PGBIN to the folder of initdb and postgres."
    export PGBIN=$pgbin
    cluster=$work/pg
    mkdir "$cluster"
    if [ "$(id -u)" -eq 0 ]; then
        chmod 755 "$work"
        chown postgres "$cluster"
    fi
    pgport=$(free_port)
    as_postgres "$pgbin/initdb" -D "$cluster" -A trust -U postgres -E UTF8 >/dev/null
    as_postgres "$pgbin/pg_ctl" -D "$cluster" -w -l "$cluster/log" -o \
        "-c port=$pgport -c listen_addresses=127.0.0.1 -c unix_socket_directories=$cluster" start >/dev/null
}

# Sets `url` (for the program) and `plain` (for the seeding) to an empty database. A second argument names it, where
# there are several.
empty_database() {
    local name=${2:-bench}
    if [ "$1" = sqlite ]; then
        mkdir -p "$work/$name"
        rm -f "$work/$name"/convoke.db*
        url=sqlite://$work/$name/convoke.db
        plain=sqlite:$work/$name/convoke.db
    else
        [ -n "$cluster" ] || start_cluster
        plain=postgres://postgres@127.0.0.1:$pgport/$name
        url="$plain?sslmode=disable"
        "$pgbin/psql" -X -q "postgres://postgres@127.0.0.1:$pgport/postgres" \
            -c "drop database if exists $name with (force)" -c "create database $name" 2>/dev/null
    fi
}

# Runs one statement on the database and prints its rows, columns separated by "|".
query() {
    if [ "$database" = sqlite ]; then
        python3 -c 'import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
for row in connection.execute(sys.argv[2]):
    print(*row, sep="|")' "${plain#sqlite:}" "$1"
    else
        "$pgbin/psql" -X -q -At "$plain" -c "$1"
    fi
}

convoke() {
    env CONVOKE_DATABASE__URL="$url" CONVOKE_LISTEN="127.0.0.1:$port" CONVOKE_RATE_LIMITS__ENABLED=false \
        CONVOKE_LIMITS__USERS_PER_ACCOUNT=1000000 RUST_LOG=warn "${settings[@]}" "$binary" "$@"
}

# Starts the server and says after how many milliseconds it was ready.
start_server() {
    local begun
    port=$(free_port)
    begun=$(millis)
    env CONVOKE_DATABASE__URL="$url" CONVOKE_LISTEN="127.0.0.1:$port" CONVOKE_RATE_LIMITS__ENABLED=false \
        CONVOKE_LIMITS__USERS_PER_ACCOUNT=1000000 RUST_LOG=warn "${settings[@]}" "${prefix[@]}" \
        "$binary" serve 2>>"$work/serve.log" &
    server=$!
    processes[$server]=1
    until (exec 3<>"/dev/tcp/127.0.0.1/$port" &&
        printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3 &&
        read -r line <&3 && [[ $line == *" 200 "* ]]) 2>/dev/null; do
        kill -0 "$server" 2>/dev/null || fail "$(cat "$work/serve.log")"
    done
    started=$(($(millis) - begun))
}

# Processor time so far of some processes, in hundredths of a second.
ticks_of() {
    local pid
    for pid in "$@"; do
        # The name in parentheses may contain blanks.
        sed 's/^.*) //' "/proc/$pid/stat" 2>/dev/null || true
    done | awk '{ sum += $12 + $13 } END { print sum + 0 }'
}

# The cluster and its backends.
postgres_pids() {
    local postmaster
    postmaster=$(head -1 "$cluster/postmaster.pid")
    printf '%s ' "$postmaster" && cat "/proc/$postmaster/task/$postmaster/children"
}

# The same of the server, and of the cluster where it is used.
ticks() {
    local pids=$server
    if [ "$database" = postgres ]; then pids="$pids $(postgres_pids)"; fi
    # shellcheck disable=SC2086 # one argument for each
    ticks_of $pids
}

# Waits until no mail is owed, so that one row does not pay for the mail of another.
drain() {
    local end=$((SECONDS + 600))
    until [ "$(query 'select count(*) from outbox')" = 0 ]; do
        [ "$SECONDS" -lt "$end" ] || fail "emails are still waiting after ten minutes"
        sleep 0.5
    done
}

# The middle of the numbers on standard input, one in a line.
median() {
    sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

# Whether the seeding gathers statistics for the planner: autovacuum does so on PostgreSQL, and nothing does on SQLite.
analyzes() {
    if [ "$database" = postgres ]; then echo true; else echo "${ANALYZE:-false}"; fi
}

# The quotient of two numbers.
ratio() {
    awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", b == 0 ? 0 : a / b }'
}

# at_most NAME FIGURE MARK, at_least NAME FIGURE MARK: notes a missed mark. `report_marks` prints the missed ones and
# ends with 1.
missed=()
at_most() {
    awk -v figure="$2" -v mark="$3" 'BEGIN { exit !(figure <= mark) }' || missed+=("$1: $2, mark at most $3")
}
at_least() {
    awk -v figure="$2" -v mark="$3" 'BEGIN { exit !(figure >= mark) }' || missed+=("$1: $2, mark at least $3")
}
report_marks() {
    [ ${#missed[@]} -eq 0 ] || fail "$(printf '%s\n' "marks missed:" "${missed[@]}")"
}

# Runs one script at a port with so many connections and threads, and further variables; prints the line of common.lua.
load() {
    local script=$1 to=$2 connections=$3 threads=$4
    shift 4
    env WRK_SCRIPTS="$PWD/benches/wrk" WRK_DATA="$work" RUN="$RANDOM$RANDOM" THREADS="$threads" \
        CONNECTIONS="$connections" "$@" wrk -t "$threads" -c "$connections" -d "${seconds_each}s" --latency \
        -s "benches/wrk/$script.lua" "http://127.0.0.1:$to" | grep '^RESULT'
}

# Runs one script at so many connections; sets `cell`, and its figures `rate`, `p99`, `cpu` and `failed`.
measure() {
    local script=$1 connections=$2 threads=1 result before
    shift 2
    if [ "$connections" -gt 1 ]; then threads=2; fi
    before=$(ticks)
    result=$(load "$script" "$port" "$connections" "$threads" "$@") || fail "wrk $script failed"
    read -r _ rate _ p99 failed count <<<"$result"
    [ "$count" -gt 0 ] || fail "wrk $script made no request"
    cpu=$((($(ticks) - before) * 10000 / count))
    cell="$(printf '%.0f | %.1f ms | %s µs' "$rate" "$p99" "$cpu")"
    if [ "$failed" -gt 0 ]; then cell="$cell, $failed failed"; fi
}

command -v wrk >/dev/null || fail "wrk is not installed: apt-get install wrk"
command -v python3 >/dev/null || fail "Python 3 is not installed: apt-get install python3"
if [ -z "${BENCH_BINARY:-}" ]; then
    say "building (a clean release build takes some minutes)"
    cargo build --profile dist --locked --quiet
fi

