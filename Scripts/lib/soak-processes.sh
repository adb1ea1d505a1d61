# Sourced by Scripts/soak: the workload, the consumers and the mirror, each of which is a process of ours.
# shellcheck shell=bash disable=SC2034,SC2154  # its script has these variables

# Those that are never killed, so that their memory can be judged.
steady_modes='transactions incremental provisional'

# The names of all processes that run, and their numbers at the same places.
names=() pids=()

# remember NAME PID: in place of an earlier one of that name.
remember() {
  local index
  for index in ${names[@]+"${!names[@]}"}; do
    [ "${names[index]}" != "$1" ] || {
      pids[index]=$2
      return 0
    }
  done
  names+=("$1")
  pids+=("$2")
}

# find_pid NAME: sets pid; empty if there is no such process.
find_pid() {
  local index
  pid=''
  for index in ${names[@]+"${!names[@]}"}; do
    [ "${names[index]}" != "$1" ] || pid=${pids[index]}
  done
}

# is_running PID: whether a process of ours has that number, and has not ended. The number of one that has
# ended may belong to somebody else by now.
is_running() {
  local number
  for number in $(jobs -pr); do
    [ "$number" != "$1" ] || return 0
  done
  return 1
}

is_alive() { # NAME
  find_pid "$1"
  [ -n "$pid" ] && is_running "$pid"
}

# signal_process NAME SIGNAL
signal_process() {
  is_alive "$1" || return 0
  kill -s "$2" "$pid" 2>/dev/null || true
}

# end_by NAME SIGNAL: and waits for its end; sets status.
end_by() {
  signal_process "$1" "$2"
  wait_for_end "$1" 120 "after $2"
}

# wait_for_end NAME SECONDS WHAT: waits until it ends, and fails if that takes longer; sets status.
wait_for_end() {
  local begin=$SECONDS number is_late=''
  status=0
  find_pid "$1"
  [ -n "$pid" ] || return 0
  number=$pid
  # Without output: the shell itself would say that a process was killed.
  {
    while [ -z "$is_late" ] && is_running "$number"; do
      sleep 0.1
      [ $((SECONDS - begin)) -lt "$2" ] || is_late=yes
    done
    [ -n "$is_late" ] || wait "$number" || status=$?
  } 2>/dev/null
  [ -z "$is_late" ] || fail "$1 has not ended in $2 s, $3"
  remember "$1" ''
}

kill_all() {
  local number
  for number in ${pids[@]+"${pids[@]}"}; do
    if [ -n "$number" ] && is_running "$number"; then kill -s KILL "$number" || true; fi
  done
  for number in ${pids[@]+"${pids[@]}"}; do
    [ -z "$number" ] || wait "$number" || true
  done
  names=() pids=()
} 2>/dev/null # the shell itself would say that a process was killed

# ------------------------------------------------------------------ passwords

# note_password NAME: writes a server's password where all programs find it. Command lines can be seen by every
# user of the machine; and PGPASSWORD would be that of every server, and the mirror does not look at it.
note_password() {
  (umask 077 && printf '*:%s:*:%s:%s\n' "$(postgres_value "$1" PGREPL_PORT)" \
    "$(postgres_value "$1" PGREPL_USER)" "$(postgres_value "$1" PGREPL_PASSWORD)" >>"$borrowed/passwords")
}

# password_file: what a URL says of that file. It is deleted with the servers.
password_file() {
  printf 'passfile='
  sed -e 's/%/%25/g' -e 's/ /%20/g' -e 's/&/%26/g' -e 's/@/%40/g' -e 's/=/%3D/g' <<<"$borrowed/passwords"
}

# ------------------------------------------------------------------ programs

# build_soak: bin is where soak-trial is, examples_bin where the mirror is.
build_soak() {
  say "building (the first time takes some minutes)"
  run_in_group swift build --package-path "$root/Soak" >&2
  bin=$(swift build --package-path "$root/Soak" --show-bin-path)
  run_in_group swift build --package-path "$root/Examples" >&2
  examples_bin=$(swift build --package-path "$root/Examples" --show-bin-path)
}

trial() { # SUBCOMMAND ARGUMENT...
  local subcommand=$1
  shift
  "$bin/soak-trial" "$subcommand" --url "$soak_url" "$@"
}

# In the background, as ourselves and not a subshell, so that signals reach the program.
start_consumer() { # MODE
  mkdir -p "$work/$1"
  "$bin/soak-trial" consume --url "$soak_url" --mode "$1" --folder "$work/$1" \
    ${failover:+--failover} </dev/null >>"$work/$1.out" 2>>"$work/$1.log" &
  remember "$1" $!
}

start_work() {
  part=$((part + 1))
  "$bin/soak-trial" work --url "$soak_url" --seed "$((seed * 1000 + part))" \
    </dev/null >>"$work/work.out" 2>>"$work/work.log" &
  remember work $!
}

stop_work() {
  end_by work TERM
  [ "$status" = 0 ] || fail "the workload has failed"
}

start_mirror() { # ARGUMENT...
  "$examples_bin/sqlite-mirror" --url "$soak_url" --slot soak_mirror --publication soak \
    --publication soak_late --database "$work/mirror.sqlite" --chunk-bytes 32768 "$@" \
    </dev/null >>"$work/mirror.log" 2>&1 &
  remember mirror $!
}

# ------------------------------------------------------------------ what must be

# fail WHAT: with the end of each log; all files are kept.
fail() {
  local log
  keeps_files=yes
  for log in "$work"/*.log "$work"/*.out; do
    [ -s "$log" ] || continue
    say "the end of ${log##*/}:"
    end_of_log "$log" | sed 's/^/  | /' >&2
  done
  die "PostgreSQL $PGREPL_VERSION: $*, after $rounds events; to try again: $again"
}

# end_of_log FILE: its last lines. The mirror warns of each column that is added, so often that its log would
# end with nothing else.
end_of_log() {
  case ${1##*/} in
    mirror.log)
      grep -v 'a column was added; rows that were there have NULL in the mirror' "$1" | tail -n 8 || true
      ;;
    *) tail -n 8 "$1" ;;
  esac
}

# Nobody may end by itself, but for the mirror, which is started again after a fault of the server's;
# soak-trial continues after such a fault.
check_alive() {
  local name
  for name in $steady_modes resume $sink_engines; do
    is_alive "$name" && continue
    remember "$name" ''
    fail "$name has ended by itself"
  done
  is_alive mirror && return
  find_pid mirror
  [ -n "$pid" ] || return 0
  remember mirror ''
  count_fault
  start_mirror
}

# The mirror has ended by itself. It may do so with a fault of the server's that Examples/kill-test --help
# describes.
count_fault() {
  tail -n 1 "$work/mirror.log" |
    grep -Eq '^Error: ERROR XX000: (could not map file(number|node)|pg_attribute catalog is missing) ' ||
    fail "the mirror has ended by itself"
  faults=$((faults + 1))
}

# wait_for_comparison MODE MARKER: ten minutes at most.
wait_for_comparison() {
  local begin=$SECONDS
  until grep -q "^compared $2: " "$work/$1.out"; do
    is_alive "$1" || {
      remember "$1" ''
      fail "$1 differs, or has ended by itself"
    }
    [ $((SECONDS - begin)) -lt 600 ] || fail "$1 has not compared in ten minutes"
    sleep 0.2
  done
}

# The mirror takes what is left, for ten minutes at most; sets status.
finish_mirror() {
  start_mirror --until-now
  wait_for_end mirror 600 "to take what is left"
}

compare_mirror() {
  local publication
  end_by mirror TERM
  # 143 before the signals are taken over, too; anything else is looked at by what comes next.
  finish_mirror
  [ "$status" = 0 ] || finish_mirror
  [ "$status" = 0 ] || fail "the mirror can't take what is left"
  for publication in soak soak_late; do
    "$examples_bin/mirror-trial" compare --url "$soak_url" --database "$work/mirror.sqlite" \
      --publication "$publication" >"$work/mirror-compare.log" || {
      cat "$work/mirror-compare.log" >&2
      fail "the mirror differs"
    }
  done
}

# compare_all: the workload pauses, and everybody compares.
compare_all() {
  local mode marker
  check_alive
  stop_work
  comparisons=$((comparisons + 1))
  marker=m$comparisons
  trial mark "$marker" || fail "the marker could not be written"
  for mode in $steady_modes resume; do wait_for_comparison "$mode" "$marker"; done
  compare_mirror
  compare_sinks
  say "comparison $comparisons: all equal ($(grep -h "^compared $marker: " "$work/transactions.out" |
    sed 's/^[^:]*: //'))"
}

# end_consumers: each must end cleanly.
end_consumers() {
  local mode
  for mode in $steady_modes resume; do
    end_by "$mode" TERM
    [ "$status" = 0 ] || fail "$mode has ended with status $status after TERM"
    tail -n 1 "$work/$mode.out"
  done
}
