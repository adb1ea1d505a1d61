# Sourced by the scripts beside it: the set-up, a server, and the mirror.
# Everything here works with the bash 3.2 of macOS.
# shellcheck shell=bash
# shellcheck source=Scripts/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../Scripts/common.sh"

examples=$root/Examples
bin='' work='' mirror_pid='' work_pid=''

# Builds the programs; `bin` is where they are.
build_examples() {
  say "building (the first time takes some minutes)"
  run_in_group swift build --package-path "$examples" >&2
  bin=$(swift build --package-path "$examples" --show-bin-path)
}

# start_examples [VERSION] [--conf NAME=VALUE]...: a server with the trial's tables, and a folder for
# the mirror's file. Without a version, of the newest there is.
start_examples() {
  local versions
  if [ $# -eq 0 ]; then
    versions=$("$root/Scripts/postgres" versions)
    set -- "$(tail -n 1 <<<"$versions")"
  fi
  work=$(mktemp -d "${TMPDIR:-/tmp}/pgrepl-mirror.XXXXXX")
  borrow_servers
  say "starting PostgreSQL $1"
  start_server "$@" || die "PostgreSQL $1 did not start"
  trial prepare
}

trial() { # SUBCOMMAND ARGUMENT...
  local subcommand=$1
  shift
  "$bin/mirror-trial" "$subcommand" --url "$PGREPL_URL" "$@"
}

mirror() { # ARGUMENT...
  "$bin/sqlite-mirror" --url "$PGREPL_URL" --publication sqlite_mirror \
    --database "$work/mirror.sqlite" "$@"
}

# In the background, as ourselves and not a subshell, so that the signal reaches the program.
start_mirror() { # URL ARGUMENT...
  local url=$1
  shift
  "$bin/sqlite-mirror" --url "$url" --publication sqlite_mirror --database "$work/mirror.sqlite" \
    "$@" </dev/null >>"$work/mirror.log" 2>&1 &
  mirror_pid=$!
}

start_work() {
  "$bin/mirror-trial" work --url "$PGREPL_URL" </dev/null >>"$work/work.log" 2>&1 &
  work_pid=$!
}

stop_work() {
  kill -s TERM "$work_pid"
  wait "$work_pid" || die "the workload has failed"
  work_pid=''
}

# Whatever is left of all this.
clean_up_examples() {
  local pid
  end_child
  for pid in $mirror_pid $work_pid; do kill -s KILL "$pid" 2>/dev/null || true; done
  return_servers
  [ -z "$work" ] || rm -rf -- "$work"
}
