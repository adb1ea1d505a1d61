# Sourced by Scripts/test: writes the whole output of the tests to a log and its important part to the
# terminal, and lists the failures at the end.
# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # its script has these variables, and set -e

# Made by make_logs: a folder for the logs of this run, and one for the pipe.
logs='' pipes=''
# The process that shows what comes out of the pipe.
watcher=''

# The logs of the last ten runs are kept.
make_logs() {
  local parent=$root/.build/test-logs old
  mkdir -p "$parent"
  logs=$parent/$(date +%Y%m%d-%H%M%S)-$$
  mkdir "$logs"
  # shellcheck disable=SC2012  # the names are ours
  ls -1 "$parent" | sort -r | tail -n +11 | while read -r old; do rm -rf -- "${parent:?}/$old"; done
  pipes=$(mktemp -d "${TMPDIR:-/tmp}/pgrepl-test.XXXXXX")
}

drop_pipes() { [ -z "$pipes" ] || rm -rf -- "$pipes"; }

# logged NAME COMMAND...: runs it in a group of its own; its output goes to $logs/NAME.log.
logged() {
  local log=$logs/$1.log status=0
  shift
  mkfifo "$pipes/output"
  # It ends with the pipe, and not before: Control-C reaches it too.
  (
    trap '' INT TERM HUP
    show "$log"
  ) <"$pipes/output" &
  watcher=$!
  child_output=$pipes/output
  run_in_group "$@" || status=$?
  child_output=''
  end_watcher
  rm -f -- "$pipes/output"
  return "$status"
}

# Waits until all output has been shown. A process that the tests left behind may still hold the pipe;
# it is not waited for.
end_watcher() {
  local tries=0
  [ -n "$watcher" ] || return 0
  while kill -0 "$watcher" 2>/dev/null && [ "$tries" -lt 50 ]; do
    tries=$((tries + 1))
    sleep 0.1
  done
  kill -s KILL "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  watcher=''
}

# Copies standard input to a log, and what matters to standard output: suites when they end, issues
# when they are found, the last line, and everything that is not an event of a test.
show() { # LOG
  local line issue='' event=''
  while IFS= read -r line || [ -n "$line" ]; do
    printf '%s\n' "$line" >&3
    if [ -n "$verbose" ]; then
      printf '%s\n' "$line"
      continue
    fi
    case $line in
      '◇ '*' started.') event='' ;;
      # An argument of a test may have several lines.
      '◇ '*) event=1 ;;
      '✔ '* | '✘ '* | '➜ '*) event='' issue='' ;;
      '↳'*) ;;
      *' started.') [ -z "$event" ] || { event='' && continue; } ;;
    esac
    [ -z "$event" ] || continue
    case $line in
      '✘ '*' recorded an issue '*)
        issue=1
        printf '%s\n' "$line"
        ;;
      '↳'*) [ -z "$issue" ] || printf '%s\n' "$line" ;;
      '◇ '* | '✔ Test '[!r]* | '➜ '* | '['*/*']'* | '') ;;
      "Test Suite '"* | *' Executed 0 tests, '* | 'Building for '* | 'Build complete!'*) ;;
      # The library's log.
      20??-??-??T*' swift-postgres-replication: '*) ;;
      *) printf '%s\n' "$line" ;;
    esac
  done 3>"$1"
}

# ------------------------------------------------------------------ the end

# What failed, one line for each place, from all logs of tests.
failures() {
  cat -- "$logs"/*.log | awk '
    / recorded an issue / {
      name = $0; sub(/^[^ ]+ Test /, "", name); sub(/ recorded an issue .*/, "", name)
      place = $0; if (!match(place, / at [^ ]+\.swift:[0-9]+:[0-9]+: /)) next
      what = substr(place, RSTART + RLENGTH)
      place = substr(place, RSTART + 4, RLENGTH - 6); sub(/:[0-9]+$/, "", place)
      if (seen[name, place]++) next
      print place "  " name ": " substr(what, 1, 160)
    }'
}

# Tests that began and did not end: the one that crashed, or hung, is among them.
unfinished() {
  cat -- "$logs"/*.log | awk '
    /^[^ ]+ Test .* started\.$/ && !/ Test (run|case) / {
      name = $0; sub(/^[^ ]+ Test /, "", name); sub(/ started\.$/, "", name); open[name] = 1
    }
    /[✔✘] Test .* (passed|failed) after [0-9.]+ seconds/ {
      name = $0; sub(/^.*[✔✘] Test /, "", name)
      sub(/ (with [0-9]+ test cases? )?(passed|failed) after [0-9.]+ seconds.*/, "", name)
      delete open[name]
    }
    END { for (name in open) print name }'
}

# first LINES: these, and how many more there are.
first() {
  awk -v most="$1" 'NR <= most { print "  " $0 } END { if (NR > most) print "  … and " NR - most " more" }'
}

# count PATTERN: lines of single tests in the logs.
count() {
  # The last output of a program may be on the same line before it.
  cat -- "$logs"/*.log | grep -E "$1" | grep -cvE '[^ ]+ Test (run with|case) ' || true
}

# How many tests passed: all of the runs that came to their end but those that failed or were skipped. Lines
# of single tests are counted only if a run did not: two of them may be one line, where outputs meet.
passed() { # FAILED SKIPPED
  local all file runs=0
  for file in "$logs"/*.log; do
    case $file in */build.log) ;; *) runs=$((runs + 1)) ;; esac
  done
  all=$(cat -- "$logs"/*.log | sed -n 's/^.* Test run with \([0-9]*\) tests* .* after .*/\1/p' |
    awk '{ sum += $1; runs++ } END { print runs + 0, sum + 0 }')
  if [ "${all% *}" = "$runs" ]; then
    echo $((${all#* } - $1 - $2))
  else
    count '✔ Test .* passed after [0-9.]+ seconds'
  fi
}

# The list at the end. tell_end STATUS
tell_end() {
  local found failed skipped
  printf '\n'
  if [ "$1" != 0 ]; then
    found=$(failures)
    if [ -n "$found" ]; then
      printf 'FAILED:\n'
      first 40 <<<"$found"
    fi
    found=$(unfinished)
    if [ -n "$found" ]; then
      printf 'BEGAN AND DID NOT END (one that crashed or hung is among them):\n'
      first 20 <<<"$found"
    fi
  fi
  failed=$(count '✘ Test .* failed after [0-9.]+ seconds')
  skipped=$(count '^➜ Test ')
  printf 'Tests: %s passed, %s failed, %s skipped\n' "$(passed "$failed" "$skipped")" "$failed" "$skipped"
  cat -- "$logs"/*.log | grep -E '^[^ ]+ Test run with .* (passed|failed) after ' || true
  printf 'Logs: %s\n' "${logs#"$root/"}"
}
