# Sourced by Scripts/soak: what is done to consumers and to the server, by chance.
# shellcheck shell=bash disable=SC2154  # its script has these variables

# Events that have happened, one word for each.
events=''

event() { # WORD WHAT
  events="$events $1"
  shift
  say "event $rounds: $*"
}

# random_time MILLISECONDS: up to this much.
random_time() {
  local milliseconds=$(((RANDOM * 32768 + RANDOM) % $1))
  sleep "$(printf '%d.%03d' $((milliseconds / 1000)) $((milliseconds % 1000)))"
}

# Sets seconds: a few, and now and then longer than the server waits. Not as output: a subshell has random
# numbers of its own, which the seed does not decide.
choose_seconds() {
  if [ $((RANDOM % 12)) = 0 ]; then seconds=16; else seconds=$((1 + RANDOM % 6)); fi
}

# choose NAME...: sets chosen to one of them.
choose() {
  local number=$((RANDOM % $# + 1))
  chosen=${!number}
}

kill_event() {
  choose resume resume mirror
  event kill "$chosen is killed"
  end_by "$chosen" KILL
  # With another status it had ended before.
  if [ "$status" != 137 ]; then
    [ "$chosen" = mirror ] || fail "$chosen has ended by itself, with status $status"
    count_fault
  fi
  random_time 2000
  if [ "$chosen" = mirror ]; then start_mirror; else start_consumer "$chosen"; fi
}

freeze_event() {
  # shellcheck disable=SC2086  # one word for each name
  choose $steady_modes resume mirror $sink_engines
  choose_seconds
  event freeze "$chosen is frozen for $seconds s"
  signal_process "$chosen" STOP
  sleep "$seconds"
  signal_process "$chosen" CONT
}

slow_event() {
  # shellcheck disable=SC2086
  choose $steady_modes resume
  event slow "$chosen is slow for a while"
  signal_process "$chosen" USR1
  random_time 12000
  signal_process "$chosen" USR2
}

# One stream; or every connection, those of the workload and of questions to the server too.
cut_event() {
  local what="pid IN (SELECT active_pid FROM pg_replication_slots WHERE slot_type = 'logical'
    AND active ORDER BY random() LIMIT 1)"
  if [ $((RANDOM % 4)) = 0 ]; then
    what="backend_type IN ('walsender', 'client backend') AND pid <> pg_backend_pid()"
    event cut "every connection is cut"
  else
    event cut "a stream is cut"
  fi
  trial sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE $what" >/dev/null ||
    fail "no connection could be cut"
}

restart_event() { # fast|immediate
  event "$1" "the server is restarted ($1)"
  "$root/Scripts/postgres" restart "$server_dir" --mode "$1" >/dev/null ||
    fail "the server has not restarted ($1)"
}

one_event() {
  local chance=$((RANDOM % 100))
  random_time 6000
  if [ $chance -lt 35 ]; then
    kill_event
  elif [ $chance -lt 53 ]; then
    freeze_event
  elif [ $chance -lt 70 ]; then
    slow_event
  elif [ $chance -lt 90 ]; then
    cut_event
  elif [ $chance -lt 96 ]; then
    restart_event fast
  else
    restart_event immediate
  fi
  work_for_sinks
  check_alive
}

# ------------------------------------------------------------------ failover

standby_dir='' standby_url=''

# start_standby: a copy of the server, and soak_url with both hosts. Consumers get nothing that the standby does
# not have.
start_standby() {
  local slot
  "$root/Scripts/postgres" start --standby-of "$server_dir" >"$borrowed/standby.env" ||
    fail "the standby did not start"
  standby_dir=$(postgres_value standby PGREPL_DIR)
  note_password standby
  standby_url="$(plain_url standby)?$(password_file)"
  slot=$(trial sql "SELECT slot_name FROM pg_replication_slots WHERE slot_type = 'physical'")
  trial sql "ALTER SYSTEM SET synchronized_standby_slots = '$slot'" >/dev/null
  trial sql "SELECT pg_reload_conf()" >/dev/null
  soak_url="postgresql://$PGREPL_USER@127.0.0.1:$PGREPL_PORT,127.0.0.1:$(postgres_value standby PGREPL_PORT)"
  soak_url="$soak_url/postgres?target_session_attrs=primary&$(password_file)"
}

# Whether the standby has a copy of every slot that it can continue with.
has_copies() {
  local count
  # A record of running transactions lets copies be made.
  trial sql "SELECT pg_log_standby_snapshot()" >/dev/null || return 1
  count=$("$bin/soak-trial" sql --url "$standby_url" "SELECT count(*) FROM pg_replication_slots
    WHERE synced AND NOT temporary AND invalidation_reason IS NULL") || return 1
  [ "$count" = "$(trial sql "SELECT count(*) FROM pg_replication_slots WHERE slot_type = 'logical'")" ]
}

failover_event() {
  local begin=$SECONDS
  until has_copies; do
    check_alive
    [ $((SECONDS - begin)) -lt 180 ] || fail "the standby has not copied the slots in three minutes"
    sleep 1
  done
  event failover "the server is lost, and its standby promoted"
  "$root/Scripts/postgres" stop "$server_dir" --mode immediate || fail "the server has not stopped"
  "$root/Scripts/postgres" promote "$standby_dir" >/dev/null || fail "the standby was not promoted"
  server_dir=$standby_dir
}
