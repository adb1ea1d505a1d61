# Sourced by kill-test and bench: building, the source's server, the connector, the way between it and
# the engine. What can be done to an engine is in trial-engines.sh.
# Everything here works with the bash 3.2 of macOS.
# shellcheck shell=bash
# shellcheck source=Sinks/engines.sh
. "$(dirname "${BASH_SOURCE[0]}")/engines.sh"
# shellcheck source=Sinks/trial-engines.sh
. "$root/Sinks/trial-engines.sh"

# The folder of the programs, of all files, and whether these are kept.
bin='' work='' keeps_files=''
# Processes that are ours, and run in the background.
sink_pid='' twin_pid='' work_pid='' forwarder_pid=''

# build_sinks CONFIGURATION: `bin` is where the programs are; pgcdc is there too if the engine needs it.
build_sinks() {
  say "building ($1; the first time takes some minutes)"
  run_in_group swift build --configuration "$1" --package-path "$sinks" >&2
  bin=$(swift build --configuration "$1" --package-path "$sinks" --show-bin-path)
  pgcdc=''
  [ "$engine" = file ] || return 0
  run_in_group swift build --configuration "$1" --package-path "$root" --product pgcdc >&2
  pgcdc=$(swift build --configuration "$1" --package-path "$root" --show-bin-path)/pgcdc
}

# begin_trial [VERSION]: the folder of all files, `work`, and the server that changes come from. `url` is
# its connection string without the password, which is in PGPASSWORD.
begin_trial() {
  begin_engines
  work=$engines
  say "starting PostgreSQL"
  # A connector that is frozen holds its slot for no longer than this.
  start_source "$@" --conf wal_sender_timeout=10s
  url=$(plain_url source)
  PGPASSWORD=$(postgres_value source PGREPL_PASSWORD)
  export PGPASSWORD
  source_dir=$(postgres_value source PGREPL_DIR)
  source_version=$(postgres_value source PGREPL_VERSION)
}

trial() { # SUBCOMMAND ARGUMENT...
  "$bin/sink-trial" "$@"
}

# ------------------------------------------------------------------ the connector

# start_sink SLOT PUBLICATION ARGUMENT...: as ourselves and not a subshell, so that signals reach it.
start_sink() {
  local slot=$1 publication=$2
  shift 2
  set -- --url "$url" --slot "$slot" --publication "$publication" "$@"
  if [ "$engine" = file ]; then
    "$pgcdc" stream "$@" --output "$work/lines" --rotate-bytes 8MiB \
      </dev/null >>"$work/sink.log" 2>&1 &
  else
    # shellcheck disable=SC2046  # one word for each argument; none has a space
    "$bin/pgcdc-sink" "$engine" --log-level info $(engine_arguments "$forward_port") "$@" \
      </dev/null >>"$work/sink.log" 2>&1 &
  fi
  sink_pid=$!
}

kill_sink() {
  kill -s KILL "$sink_pid" 2>/dev/null || true
  wait "$sink_pid" 2>/dev/null || true
  sink_pid=''
}

# end_sink: with TERM; `status` is how it has ended.
end_sink() {
  status=0
  kill -s TERM "$sink_pid" 2>/dev/null || true
  wait "$sink_pid" || status=$?
  sink_pid=''
}

# ------------------------------------------------------------------ the way to the engine

# Bytes between the connector and the engine pass through a process that can be frozen and killed.
start_forwarder() {
  [ "$forward_port" != "$engine_port" ] || return 0
  : >"$work/forwarder.log"
  "$bin/sink-trial" forward --listen "$forward_port" --to "127.0.0.1:$engine_port" \
    </dev/null >>"$work/forwarder.log" 2>&1 &
  forwarder_pid=$!
  wait_until 10 "the forwarder listens" grep -q listening "$work/forwarder.log"
}

kill_forwarder() {
  [ -n "$forwarder_pid" ] || return 0
  kill -s KILL "$forwarder_pid" 2>/dev/null || true
  wait "$forwarder_pid" 2>/dev/null || true
  forwarder_pid=''
}

# wait_until SECONDS WHAT COMMAND...: until the command succeeds.
wait_until() {
  local limit=$1 what=$2 start=$SECONDS
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ $((SECONDS - start)) -ge "$limit" ]; then
      keeps_files=yes
      die "after $limit s it is not so that $what"
    fi
    sleep 0.1
  done
}

# ------------------------------------------------------------------ the end

clean_up_sinks() {
  local pid
  end_child
  for pid in $sink_pid $twin_pid $work_pid $forwarder_pid; do
    kill -s KILL "$pid" 2>/dev/null || true
  done
  if [ -n "$keeps_files" ]; then
    say "all files are in $work"
    engines=''
  fi
  end_engines
}
