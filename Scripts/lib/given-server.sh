# Sourced by Scripts/postgres: the server of PGREPL_TEST_URL.
# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # its script has these variables, and set -e

# psql of the PATH, or of any server that is here.
find_psql() {
  local version bin
  if command -v psql; then return; fi
  while read -r version bin; do
    [ ! -x "$bin/psql" ] || { echo "$bin/psql" && return; }
  done <<<"$(installed)"
  return 1
}

url_version() {
  local psql number
  if [ -n "${PGREPL_TEST_VERSION:-}" ]; then
    echo "$PGREPL_TEST_VERSION"
    return
  fi
  psql=$(find_psql) || die "psql is needed to ask PGREPL_TEST_URL for its version; or set" \
    "PGREPL_TEST_VERSION to its major version"
  number=$(PGCONNECT_TIMEOUT=10 "$psql" "$PGREPL_TEST_URL" -XAtc 'SHOW server_version_num') ||
    die "the server of PGREPL_TEST_URL can't be reached"
  echo $((number / 10000))
}

# Undoes the %XX of a part of a URL.
percent_decoded() { printf '%b' "${1//%/\\x}"; }

start_url() { # VERSION
  local found at user host port database
  [ -z "$dir${confs[0]+set}" ] || die "--dir and --conf are not for a given server (PGREPL_TEST_URL)"
  found=$(url_version)
  [ -z "$1" ] || [ "$1" = "$found" ] || die "PGREPL_TEST_URL is a server $found, not $1"
  at='^postgres(ql)?://(([^:@/]*)(:([^@/]*))?@)?(\[[^]]*\]|[^]:/?@,]+)(:([0-9]+))?(/([^?]*))?(\?.*)?$'
  [[ $PGREPL_TEST_URL =~ $at ]] ||
    die "PGREPL_TEST_URL is not postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
  user=$(percent_decoded "${BASH_REMATCH[3]:-postgres}")
  password=$(percent_decoded "${BASH_REMATCH[5]}")
  host=${BASH_REMATCH[6]}
  host=${host#[}
  host=$(percent_decoded "${host%]}")
  port=${BASH_REMATCH[8]:-5432}
  database=$(percent_decoded "${BASH_REMATCH[10]}")
  print_server "$PGREPL_TEST_URL" "$host" "$port" "$user" "$password" "${database:-$user}" \
    '' "$found" '' '' '' '' url
}
