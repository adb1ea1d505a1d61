# Sourced by trial.sh: what kill-test and bench do to each engine, by its name in `engine`. Starting and
# ending are those of engines.sh, but for a real Kafka: with PGCDC_KAFKA_HOME, the folder of one (3.3 or newer),
# a broker of it is started, which can be killed. The mock of Kafka can't: it keeps its data in memory.
# shellcheck shell=bash

engine='' engine_port='' forward_port=''
# Whether the connector reaches the engine without a forwarder in between.
is_direct=''

has_real_kafka() { [ -n "${PGCDC_KAFKA_HOME:-}" ]; }

# engine_can THING: whether this can be done to it.
#   crash    it is killed, and started again with its data
#   network  a forwarder passes its bytes on; a cluster would tell clients to go past it
#   freeze   its processes can be stopped for a while
#   full     it can be made to refuse writing
engine_can() {
  case $engine:$1 in
    redis:* | postgres:* | nats:crash | nats:freeze) return 0 ;;
    kafka:crash | kafka:network) has_real_kafka ;;
    kafka:freeze) [ -n "$kafka_pid" ] ;;
    *) return 1 ;;
  esac
}

# engine_begin: starts it for the first time, on ports that stay.
engine_begin() {
  case $engine in
    redis)
      start_redis
      engine_port=$redis_port
      ;;
    nats) start_nats ;;
    kafka)
      if has_real_kafka; then prepare_real_kafka; else start_kafka; fi
      ;;
    postgres)
      start_target "$source_version"
      engine_port=$(postgres_value target PGREPL_PORT)
      ;;
  esac
  if [ -n "$is_direct" ] || ! engine_can network; then
    forward_port=$engine_port
  elif [ -z "$forward_port" ]; then
    forward_port=$(trial port)
  fi
  if [ "$engine" = kafka ] && has_real_kafka; then start_real_kafka; fi
}

# engine_kill: as a crash does. Of a cluster one server, or all.
engine_kill() {
  case $engine in
    redis) stop_redis KILL ;;
    nats)
      if [ $((RANDOM % 3)) = 0 ]; then stop_nats KILL; else stop_nats KILL $((RANDOM % 3)); fi
      ;;
    kafka) stop_kafka KILL ;;
    postgres)
      "$root/Scripts/postgres" restart "$(postgres_value target PGREPL_DIR)" --mode immediate >/dev/null ||
        die "the target has not restarted"
      ;;
  esac
}

# engine_start: again, what was killed.
engine_start() {
  case $engine in
    redis) start_redis ;;
    nats) start_nats ;;
    kafka) start_real_kafka ;;
    postgres) ;;
  esac
}

# engine_signal SIGNAL: to all of its processes.
engine_signal() {
  local pid
  for pid in $(engine_processes); do kill -s "$1" "$pid" 2>/dev/null || true; done
}

engine_processes() {
  local first
  case $engine in
    redis) echo "$redis_pid" ;;
    nats) echo "${nats_pids[@]}" ;;
    kafka) echo "$kafka_pid" ;;
    postgres)
      # It has another number after each restart. A server in Docker has no process here.
      first=$(head -n 1 "$(postgres_value target PGREPL_DATA)/postmaster.pid" 2>/dev/null) || return 0
      echo "$first"
      pgrep -P "$first"
      ;;
  esac
}

# engine_url PORT: its URL, for readers and for the connector.
engine_url() {
  case $engine in
    redis) echo "${redis_url/:$engine_port\//:$1/}" ;;
    nats) echo "$nats_url" ;;
    kafka) if has_real_kafka; then echo "127.0.0.1:$1"; else echo "$kafka_brokers"; fi ;;
    postgres) echo "${target_url/:$engine_port\//:$1/}" ;;
    file) echo "$work/lines" ;;
  esac
}

# engine_arguments PORT: what pgcdc-sink is told about it.
engine_arguments() {
  case $engine in
    kafka)
      # The mock knows nothing of creating topics.
      echo --to "kafka://$(engine_url "$1")" "$(has_real_kafka || echo --no-create-topics)"
      ;;
    *) echo --to "$(engine_url "$1")" ;;
  esac
}

# engine_fill, engine_empty: it refuses to write, as with a full disk, and takes it again.
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

set_target_read_only() { # on|off
  # Both are allowed in transactions that are read only.
  trial sql --url "$target_url" "ALTER SYSTEM SET default_transaction_read_only = $1" >/dev/null
  trial sql --url "$target_url" "SELECT pg_reload_conf()" >/dev/null
}

# ------------------------------------------------------------------ a real Kafka

prepare_real_kafka() {
  find_port
  engine_port=$port
  find_port
  local controller=$port
  find_port
  local inner=$port
  forward_port=$engine_port
  [ -n "$is_direct" ] || forward_port=$(trial port)
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
log.dirs=$work/kafka-data
num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
CONF
  "$PGCDC_KAFKA_HOME/bin/kafka-storage.sh" format \
    --cluster-id "$("$PGCDC_KAFKA_HOME/bin/kafka-storage.sh" random-uuid)" \
    --config "$work/kafka.properties" >>"$work/kafka.log" 2>&1 || die "Kafka's storage can't be made"
}

start_real_kafka() {
  [ -z "$kafka_pid" ] || return 0
  # The scripts end in an exec of Java, so this is its process.
  LOG_DIR=$work/kafka-logs KAFKA_HEAP_OPTS=${KAFKA_HEAP_OPTS:--Xmx512m} \
    run_engine kafka "$PGCDC_KAFKA_HOME/bin/kafka-server-start.sh" "$work/kafka.properties"
  kafka_pid=$engine_pid
  wait_for_engine kafka "$kafka_pid" is_listening "$engine_port" || die "Kafka does not start"
}
