# Sourced by Scripts/soak: with --sinks, connectors of every engine beside the consumers. They have tables of
# their own (Sinks/Sources/sink-trial), which say of each transaction what it has done.
#
# What they have written stays in the engines, so their tables are changed for short times only. They are not
# killed, so that their memory can be judged: Sinks/kill-test does that.
# shellcheck shell=bash disable=SC2154,SC2119  # its script has these variables; our arguments are ours
# shellcheck source=Sinks/engines.sh
. "$root/Sinks/engines.sh"

sinks_bin='' pgcdc='' sink_engines=''

build_sinks() {
  run_in_group swift build --package-path "$root/Sinks" >&2
  sinks_bin=$(swift build --package-path "$root/Sinks" --show-bin-path)
  run_in_group swift build --package-path "$root" --product pgcdc >&2
  pgcdc=$(swift build --package-path "$root" --show-bin-path)/pgcdc
}

sink_trial() { # ARGUMENT...
  "$sinks_bin/sink-trial" "$@"
}

# start_sinks: the engines, the tables and the connectors.
start_sinks() {
  local engine
  [ -n "$with_sinks" ] || return 0
  start_redis
  start_nats
  start_kafka
  start_target "$PGREPL_VERSION"
  note_password target
  target_url="$(plain_url target)?$(password_file)"
  sink_trial prepare --url "$soak_url"
  sink_trial prepare --url "$target_url" --empty
  for engine in redis nats kafka postgres file; do
    start_sink "$engine"
    sink_engines="$sink_engines $engine"
  done
}

# engine_url ENGINE: for readers.
engine_url() {
  case $1 in
    redis) echo "$redis_url" ;;
    nats) echo "$nats_url" ;;
    kafka) echo "$kafka_brokers" ;;
    postgres) echo "$target_url" ;;
    file) echo "$work/lines" ;;
  esac
}

start_sink() { # ENGINE
  local engine=$1 to
  set -- --url "$soak_url" --slot "soak_sink_$engine" --publication sink_trial \
    --snapshot incremental --create-slot
  to=$(engine_url "$engine")
  if [ "$engine" = kafka ]; then
    to=kafka://$to
    # The mock knows nothing of creating topics.
    set -- --no-create-topics "$@"
  fi
  if [ "$engine" = file ]; then
    "$pgcdc" stream "$@" --output "$to" --rotate-bytes 8MiB </dev/null >>"$work/file.log" 2>&1 &
  else
    # The URLs of Redis and NATS have passwords.
    PGCDC_SINK_URL=$to "$sinks_bin/pgcdc-sink" "$engine" "$@" </dev/null >>"$work/$engine.log" 2>&1 &
  fi
  remember "$engine" $!
}

# work_for_sinks: now and then a second of changes.
work_for_sinks() {
  [ -n "$with_sinks" ] && [ $((RANDOM % 3)) = 0 ] || return 0
  sink_trial work --url "$soak_url" --connections 2 --seconds 1 --slot soak_sink_redis \
    >>"$work/sink-work.log" 2>&1 || fail "the sinks' workload has failed"
}

# compare_sinks: once each has acknowledged what there is.
compare_sinks() {
  local engine attempt
  for engine in $sink_engines; do
    sink_trial drain --url "$soak_url" --slot "soak_sink_$engine" --timeout 300 \
      >>"$work/sink-work.log" 2>&1 || fail "$engine has not taken what is left"
    # A slot is there while tables are still to be read.
    for attempt in 1 2 3 4 5 6; do
      if sink_trial compare "$engine" --url "$soak_url" --to "$(engine_url "$engine")" \
        --slot "soak_sink_$engine" >"$work/$engine-compare.log" 2>&1; then
        continue 2
      fi
      sleep "$((attempt * 2))"
    done
    cat "$work/$engine-compare.log" >&2
    fail "$engine has something else than the source"
  done
}
