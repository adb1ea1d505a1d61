# What Benchmarks/run and Benchmarks/peers share; sourced.
# shellcheck shell=bash

# What both work with: the folder of the run, and of the programs that were built.
work='' programs=''

build() {
  say "building"
  # Linked as pgcdc is released.
  local options=(-c release)
  [ "$(uname)" = Darwin ] || options+=(--static-swift-stdlib)
  # shellcheck disable=SC2154  # here is set by the script
  swift build "${options[@]}" --package-path "$here" >"$work/build.log" 2>&1 || {
    tail -n 25 "$work/build.log" >&2
    die "it does not build"
  }
  programs=$(swift build "${options[@]}" --package-path "$here" --show-bin-path)
  for program in floor measure; do
    "${CC:-cc}" -O2 -o "$work/$program" "$here/floor/$program.c" || die "no C compiler"
  done
}

# python_with PACKAGE: the Python of a virtual environment that has it, kept for the next run; nothing
# if it can't be installed.
python_with() {
  local venv=$here/.build/venv-$1
  if [ ! -e "$venv/ready" ]; then
    say "getting $1"
    rm -rf -- "$venv"
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "$1" &&
      touch "$venv/ready"; } >"$work/$1.log" 2>&1 || return 0
  fi
  echo "$venv/bin/python"
}

# program NAME: its path, in the server's folder or on the PATH; nothing if it is not there.
program() {
  if [ -n "${PGREPL_BIN:-}" ] && [ -x "$PGREPL_BIN/$1" ]; then
    echo "$PGREPL_BIN/$1"
  else
    command -v "$1" || true
  fi
}

psql=''
# shellcheck disable=SC2154  # url is set by start_server
sql() { "$psql" -XqAt "$url" "$@"; }

# measure NAME COMMAND...: adds a line `wall CPU peak` to those of that name.
measure() {
  local name=$1
  shift
  "$work/measure" "$work/$name.times" "$@" >"$work/output" 2>&1 </dev/null || {
    cat "$work/output" >&2
    die "failed: $*"
  }
}

# median FILE COLUMN
median() {
  awk -v column="$2" '{ print $column }' "$1" | sort -g |
    awk '{ v[NR] = $1 } END { m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2 }'
}

# The machine, and the versions of what is measured.
describe_machine() {
  local model commit
  model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
  [ -n "$model" ] || model=$(sysctl -n machdep.cpu.brand_string 2>/dev/null || echo "unknown CPU")
  echo "Date       $(date -u '+%Y-%m-%d %H:%M UTC')"
  echo "Machine    $(getconf _NPROCESSORS_ONLN) cores, $model, $(uname -sr)"
  echo "Load       $(uptime | sed 's/.*load average[s]*: *//')  (of 1, 5 and 15 minutes, before)"
  # shellcheck disable=SC2154  # root is set in Scripts/common.sh
  commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)
  echo "pgcdc      $("$programs/pgcdc" --version), commit $commit"
  echo "Swift      $(swift --version 2>/dev/null | head -n 1)"
  echo "C          $("${CC:-cc}" --version | head -n 1)"
  echo "Server     $(sql -c 'SHOW server_version')"
}
