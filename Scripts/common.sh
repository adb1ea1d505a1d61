# Sourced by the scripts beside it: what they say, how they end, and the servers they borrow.
# Everything here works with the bash 3.2 of macOS.
# shellcheck shell=bash

unset CDPATH
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Stdout belongs to the data of a script, so what it tells its user goes to stderr.
say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# The versions that the project supports, as text for messages and loops.
# shellcheck disable=SC2034  # read by the scripts that source this file
supported_versions="13 14 15 16 17 18 19"

# ------------------------------------------------------------------ set-up

# Runs Scripts/setup and takes over the environment that it prints (on macOS, where libraries are).
set_up() {
  local environment
  environment=$("$root/Scripts/setup" "$@") || exit 1
  eval "$environment"
}

# ------------------------------------------------------------------ tests

# How many tests run at a time. Few: a test that waits for something continues only after all others that
# are ready, and those that compute take long.
unit_width() {
  local cores
  cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || cores=2
  echo $((cores > 2 ? 2 * cores : 4))
}

# ------------------------------------------------------------------ ending on signals

# The process group of the command that start_in_group has started.
child=''
# Where its output goes, if not where ours goes. A redirection of the function itself would hold for
# traps too.
child_output=''

# start_in_group COMMAND...: starts it in a session of its own.
#
# A command in the foreground would hold back our traps until it ends by itself, and a TERM sent to
# this script alone would never reach it. This way the trap runs at once and ends the whole group. And
# without a terminal nothing in it can ask a question there, and wait for an answer.
start_in_group() {
  # The shell lets commands in the background ignore INT, and our caller may do so too.
  (
    [ -z "$child_output" ] || exec >"$child_output" 2>&1
    if command -v perl >/dev/null; then
      # shellcheck disable=SC2016  # for Perl to expand
      exec perl -MPOSIX=setsid -e '$SIG{INT} = $SIG{QUIT} = "DEFAULT"; setsid() or die "setsid: $!";
        exec {$ARGV[0]} @ARGV or die "$ARGV[0]: $!\n"' -- "$@"
    fi
    trap - INT QUIT
    exec setsid "$@"
  ) </dev/null &
  child=$!
}

# run_in_group COMMAND...: starts it that way and waits for its end.
run_in_group() {
  local status=0
  start_in_group "$@"
  wait "$child" || status=$?
  child=''
  return "$status"
}

# Interrupts the group and waits for its end; one that has not ended in 10 s is killed. The signal is
# always INT: on INT `swift test` ends the tests that it runs, on TERM it leaves them behind.
end_child() {
  local tries=0
  [ -n "$child" ] || return 0
  # In its first moment it has no group yet.
  kill -s INT -- "-$child" 2>/dev/null || kill -s INT "$child" 2>/dev/null || return 0
  while kill -0 -- "-$child" 2>/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -le 100 ] || kill -s KILL -- "-$child" 2>/dev/null || true
    [ "$tries" -le 120 ] || break
    sleep 0.1
  done
}

on_signal() { # STATUS
  trap '' INT TERM HUP
  end_child
  exit "$1"
}

# on_exit CLEAN-UP: calls that function however the script ends, with the exit status kept.
on_exit() {
  # shellcheck disable=SC2064,SC2154  # the name is to be put in now
  trap "on_exit_status=\$?; trap '' INT TERM HUP; $1; exit \$on_exit_status" EXIT
  trap 'on_signal 130' INT
  trap 'on_signal 143' TERM
  trap 'on_signal 129' HUP
}

# ------------------------------------------------------------------ borrowed servers

# Holds one file for each server that was started; set by borrow_servers.
borrowed=''

# Call once, before start_server. The script's clean-up must call return_servers.
borrow_servers() { borrowed=$(mktemp -d "${TMPDIR:-/tmp}/pgrepl-run.XXXXXX"); }

# The connection string of the server that was started last, without its password. That is in
# PGPASSWORD: command lines can be seen by every user of the machine.
url=''

# start_server VERSION [--conf NAME=VALUE]...: starts one and sets PGREPL_URL and the other variables
# of Scripts/postgres, and url.
#
# They go through a file and not through $(...), so that a signal in between can't lose them: what
# has been started is in the file, and return_servers finds it there.
start_server() {
  "$root/Scripts/postgres" start "$@" >"$borrowed/$1.env" || return 1
  # shellcheck disable=SC1090
  . "$borrowed/$1.env"
  export PGPASSWORD=$PGREPL_PASSWORD
  # shellcheck disable=SC2034  # read by the scripts that source this file
  url=${PGREPL_URL/:"$PGREPL_PASSWORD"@/@}
}

# Stops what start_server started. The data is deleted, so a checkpoint is not waited for.
return_servers() {
  local file dir
  [ -n "$borrowed" ] || return 0
  for file in "$borrowed"/*.env; do
    [ -s "$file" ] || continue
    dir=$(sed -n 's/^PGREPL_DIR=//p' "$file")
    "$root/Scripts/postgres" stop "$dir" --mode immediate || true
  done
  rm -rf -- "$borrowed"
  borrowed=''
}

# replace_folder FOLDER: makes an empty one, in place of one that a script of ours has made; any other that
# has files is refused.
replace_folder() {
  if [ -e "$1" ] && [ ! -e "$1/.generated" ] && [ -n "$(ls -A "$1")" ]; then
    case $1 in
      .build/*) ;;
      *) die "$1 was not made by this script, and is not empty: name another folder" ;;
    esac
  fi
  rm -rf -- "$1"
  mkdir -p "$1"
  : >"$1/.generated"
}
