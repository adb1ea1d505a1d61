# Sourced by Scripts/postgres: servers in Docker, with docker-compose.yml.
#
# Written without a Docker engine at hand, and untried: please report what does not work.
# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # its script has these variables, and set -e

docker_versions() { printf '%s\n' 13 14 15 16 17 18; }

has_docker() {
  command -v docker >/dev/null || return 1
  docker compose version >/dev/null 2>&1 || return 1
  # An engine that hangs counts as none.
  within 50 docker info
}

# within TENTHS COMMAND...: whether it succeeds in that many tenths of a second; its output is lost.
within() {
  local left=$1 pid
  shift
  "$@" >/dev/null 2>&1 </dev/null &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || kill -s KILL "$pid" 2>/dev/null || true
    sleep 0.1
  done
  wait "$pid" 2>/dev/null
}

compose() {
  POSTGRES_PASSWORD=$password docker compose --project-name "$(cat "$dir/compose-project")" \
    --file "$root/docker-compose.yml" "$@"
}

start_docker() { # VERSION
  local version=${1:-17} setting args='' port
  make_dir
  password=$(new_password)
  printf 'pgrepl-%s-%s\n' "$$" "$RANDOM" >"$dir/compose-project"
  for setting in ${confs[@]+"${confs[@]}"}; do
    args="$args -c $(printf '%q' "$setting")"
  done
  POSTGRES_VERSION=$version POSTGRES_PORT=0 POSTGRES_ARGS=$args \
    compose up --detach --wait --wait-timeout 300 >&2 || die "docker compose could not start it"
  port=$(compose port postgres 5432)
  print_own_server "${port##*:}" '' "$version" '' '' '' docker
}

restart_docker() {
  local port
  compose restart >&2
  compose up --detach --wait --no-recreate >&2
  # Docker may have chosen another port.
  port=$(compose port postgres 5432)
  print_own_server "${port##*:}" '' "$(value PGREPL_VERSION)" '' '' '' docker
}
