# Sourced by trial.sh: how each engine is started, found, filled and stopped. `engine` is its name; its
# files are in $work/engine. Nothing is installed.
#   redis     redis-server and redis-cli from the PATH
#   nats      nats-server from PGREPL_NATS_SERVER or the PATH
#   kafka     the folder of a Kafka (3.3 or newer, with KRaft) in PGREPL_KAFKA_HOME; Java
#   postgres  a second throwaway server of Scripts/postgres
#   file      none: pgcdc writes files
# shellcheck shell=bash

engine='' engine_pid='' engine_port='' forward_port=''
# Whether the connector reaches the engine without a forwarder in between.
is_direct=''

# engine_prepare: chooses ports, and makes what is made once.
engine_prepare() {
  mkdir -p "$work/engine"
  [ "$engine" != file ] || return 0
  engine_port=$(free_port)
  forward_port=$engine_port
  [ -n "$is_direct" ] || forward_port=$(free_port)
  case $engine in
    redis | nats) ;;
    kafka) prepare_kafka ;;
    postgres) prepare_postgres ;;
  esac
}

# engine_start: on the files that there are; returns when it answers.
engine_start() {
  case $engine in
    redis) start_redis ;;
    nats) start_nats ;;
    kafka) start_kafka ;;
    postgres | file) ;;
  esac
}

# engine_kill: as a crash does.
engine_kill() {
  if [ "$engine" = postgres ]; then
    "$root/Scripts/postgres" restart "$target_dir" --mode immediate >/dev/null ||
      die "the target has not restarted"
    return 0
  fi
  kill -s KILL "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  engine_pid=''
}

# engine_signal SIGNAL: to all of its processes.
engine_signal() {
  local pids=$engine_pid pid
  if [ "$engine" = postgres ]; then
    target_pid
    # A server in Docker has no process here.
    [ -n "$pids" ] || return 0
    pids="$pids $(pgrep -P "$pids")"
  fi
  for pid in $pids; do kill -s "$1" "$pid" 2>/dev/null || true; done
}

# engine_stop: whatever is left of it; the target's server is returned with the source's.
engine_stop() {
  [ -z "$engine_pid" ] || kill -s KILL "$engine_pid" 2>/dev/null || true
  engine_pid=''
}

# engine_url PORT: its URL, for readers.
engine_url() {
  case $engine in
    redis) echo "redis://127.0.0.1:$1/0" ;;
    nats) echo "nats://127.0.0.1:$1" ;;
    kafka) echo "127.0.0.1:$1" ;;
    postgres) echo "${target_url/:$engine_port\//:$1/}" ;;
    file) echo "$work/lines" ;;
  esac
}

# engine_arguments PORT: what pgcdc-sink is told about it.
engine_arguments() {
  case $engine in
    kafka) echo --brokers "$(engine_url "$1")" ;;
    *) echo --to "$(engine_url "$1")" ;;
  esac
}

# engine_can_fill: whether it can be made to refuse writing, as with a full disk.
engine_can_fill() { [ "$engine" = redis ] || [ "$engine" = postgres ]; }

# engine_fill, engine_empty: it refuses to write, and takes it again.
engine_fill() {
  case $engine in
    redis) redis_cli config set maxmemory 1 >/dev/null ;;
    postgres) set_target_read_only on ;;
  esac
}

engine_empty() {
  case $engine in
    redis) redis_cli config set maxmemory 0 >/dev/null ;;
    postgres) set_target_read_only off ;;
  esac
}

# Whether somebody listens at a port.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# ------------------------------------------------------------------ Redis

redis_cli() { redis-cli -h 127.0.0.1 -p "$engine_port" "$@"; }

start_redis() {
  redis-server --bind 127.0.0.1 --port "$engine_port" --dir "$work/engine" --save '' \
    --appendonly yes --appendfsync always --maxmemory-policy noeviction --daemonize no \
    </dev/null >>"$work/engine.log" 2>&1 &
  engine_pid=$!
  # While it reads its log it answers that it is loading.
  wait_until 120 "Redis answers" redis_answers
}

redis_answers() { [ "$(redis_cli ping)" = PONG ]; }

# ------------------------------------------------------------------ NATS

start_nats() {
  cat >"$work/nats.conf" <<CONF
listen: "127.0.0.1:$engine_port"
jetstream { store_dir: "$work/engine", max_file_store: 64G, sync_interval: always }
CONF
  "${PGREPL_NATS_SERVER:-nats-server}" --config "$work/nats.conf" \
    </dev/null >>"$work/engine.log" 2>&1 &
  engine_pid=$!
  wait_until 60 "NATS listens" listens "$engine_port"
}

# ------------------------------------------------------------------ Kafka

prepare_kafka() {
  local controller inner
  [ -n "${PGREPL_KAFKA_HOME:-}" ] || die "PGREPL_KAFKA_HOME has to name the folder of a Kafka"
  controller=$(free_port)
  inner=$(free_port)
  # Clients are told to use the forwarder's port; brokers use another listener among themselves.
  cat >"$work/kafka.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$controller
controller.listener.names=CONTROLLER
inter.broker.listener.name=INNER
listeners=CONTROLLER://127.0.0.1:$controller,INNER://127.0.0.1:$inner,CLIENT://127.0.0.1:$engine_port
advertised.listeners=INNER://127.0.0.1:$inner,CLIENT://127.0.0.1:$forward_port
listener.security.protocol.map=CONTROLLER:PLAINTEXT,INNER:PLAINTEXT,CLIENT:PLAINTEXT
log.dirs=$work/engine
num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
CONF
  "$PGREPL_KAFKA_HOME/bin/kafka-storage.sh" format --ignore-formatted \
    --cluster-id "$("$PGREPL_KAFKA_HOME/bin/kafka-storage.sh" random-uuid)" \
    --config "$work/kafka.properties" >>"$work/engine.log" 2>&1
}

start_kafka() {
  LOG_DIR=$work/kafka-logs KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx512m} \
    "$PGREPL_KAFKA_HOME/bin/kafka-server-start.sh" "$work/kafka.properties" \
    </dev/null >>"$work/engine.log" 2>&1 &
  # The scripts end in an exec of Java, so this is its process.
  engine_pid=$!
  wait_until 120 "Kafka listens" listens "$engine_port"
}

# ------------------------------------------------------------------ PostgreSQL

target_url='' target_dir=''

prepare_postgres() {
  say "starting a second PostgreSQL $source_version"
  "$root/Scripts/postgres" start "$source_version" >"$borrowed/target.env" ||
    die "the target did not start"
  target_value PGREPL_URL
  target_url=$value
  target_value PGREPL_DIR
  target_dir=$value
  target_value PGREPL_PORT
  engine_port=$value
  trial prepare --url "$target_url" --empty
}

# Sets `pids`: its first process, which has another number after each restart.
target_pid() {
  target_value PGREPL_DATA
  pids=$(head -n 1 "$value/postmaster.pid" 2>/dev/null || true)
}

# target_value NAME: sets `value`. In a subshell, so that the source's stay as they are.
target_value() {
  # shellcheck disable=SC1091
  value=$(. "$borrowed/target.env" && eval "printf '%s' \"\${$1}\"")
}

set_target_read_only() { # on|off
  trial sql --url "$target_url" "ALTER SYSTEM SET default_transaction_read_only = $1" >/dev/null
  trial sql --url "$target_url" "SELECT pg_reload_conf()" >/dev/null
}
