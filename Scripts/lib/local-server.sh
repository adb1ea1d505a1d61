# Sourced by Scripts/postgres: servers that run from programs of this machine.
# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # its script has these variables, and set -e

# ------------------------------------------------------------------ programs

# Folders that may hold server programs, the preferred ones first.
candidates() {
  local folder brew=''
  printf '%s\n' "${PGREPL_PG_BINDIRS:-}" | tr : '\n'
  ! command -v brew >/dev/null || brew=$(brew --prefix)
  for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin \
    ${brew:+"$brew"/opt/postgresql@*/bin} /Applications/Postgres.app/Contents/Versions/*/bin; do
    echo "$folder"
  done
  pg_config --bindir 2>/dev/null || true
}

# Lines `MAJOR FOLDER`, oldest first: for every major version the first candidate that works.
installed() {
  local folder program version
  candidates | while read -r folder; do
    for program in postgres initdb pg_ctl; do
      [ -x "$folder/$program" ] || continue 2
    done
    version=$(as_server "$folder/postgres" --version 2>/dev/null </dev/null) || continue
    # "postgres (PostgreSQL) 17.6 (Debian ...)"; before a release "19beta1" or "19devel"
    version=${version#*) }
    version=${version%%[!0-9]*}
    [ "${version:-0}" -ge 13 ] || continue
    printf '%s %s\n' "$version" "$folder"
  done | awk '!seen[$1]++' | sort -n
}

# ------------------------------------------------------------------ starting

start_binaries() { # VERSION
  local version=$1 bin servers
  servers=$(installed)
  [ -n "$servers" ] || die "there is no PostgreSQL server here; Scripts/setup installs one"
  [ -n "$version" ] || version=$(tail -n 1 <<<"$servers" | cut -d ' ' -f 1)
  bin=$(sed -n "s/^$version //p" <<<"$servers")
  [ -n "$bin" ] ||
    die "there is no server $version here, only" "$(cut -d ' ' -f 1 <<<"$servers" | paste -sd ' ' -)"
  make_dir
  password=$(new_password)
  make_cluster "$bin"
  start_on_free_port "$bin"
  print_local_server "$port" "$version" "$bin"
}

print_local_server() { # PORT VERSION BIN
  print_own_server "$1" "$dir/server" "$2" "$dir/server/data" "$3" "$(server_pid)" binaries
}

# A copy of the primary, which follows it over its Unix socket: replication needs no password there.
start_standby() { # PRIMARY'S-DIR
  local version bin host from slot=standby_$$ chosen=$dir
  open_dir "$1"
  [ "$(value PGREPL_SOURCE)" = binaries ] ||
    die "--standby-of takes the folder of a server that runs from programs of this machine"
  version=$(value PGREPL_VERSION) bin=$(value PGREPL_BIN)
  host=$(value PGREPL_SOCKET_DIR) from=$(value PGREPL_PORT)
  become_owner
  dir=$chosen
  make_dir
  as_server "$bin/pg_basebackup" -D "$dir/server/data" -h "$host" -p "$from" -U postgres -X stream \
    -c fast --no-sync --create-slot --slot="$slot" >"$dir/pg_basebackup.log" 2>&1 ||
    fail_with_logs "pg_basebackup failed" "$dir/pg_basebackup.log"
  as_server touch "$dir/server/data/standby.signal"
  {
    follow "$version" "host=$host port=$from user=postgres application_name=$slot" "$slot"
    configure
  } | append_to "$dir/server/data/postgresql.conf"
  start_on_free_port "$bin"
  print_local_server "$port" "$version" "$bin"
}

# Additional settings of a standby. The copies of slots need a database to connect to.
follow() { # VERSION CONNECTION SLOT
  cat <<CONF
primary_conninfo = '$2$([ "$1" -lt 17 ] || echo ' dbname=postgres')'
primary_slot_name = '$3'
hot_standby_feedback = on
CONF
  [ "$1" -lt 17 ] || echo 'sync_replication_slots = on'
}

make_cluster() { # BIN
  local bin=$1 data=$dir/server/data
  echo "$password" | replace "$dir/server/password"
  as_server "$bin/initdb" -D "$data" -U postgres -E UTF8 --locale=C --no-sync \
    --auth-local=trust --auth-host=scram-sha-256 --pwfile="$dir/server/password" \
    >"$dir/initdb.log" 2>&1 || fail_with_logs "initdb failed" "$dir/initdb.log"
  as_server rm -f -- "$dir/server/password"
  [ -z "$epoch" ] || as_server "$bin/pg_resetwal" --epoch="$epoch" -D "$data" \
    >"$dir/pg_resetwal.log" 2>&1 || fail_with_logs "pg_resetwal failed" "$dir/pg_resetwal.log"
  configure | append_to "$data/postgresql.conf"
  # The line that initdb writes for `all` does not cover physical replication. The socket asks for no
  # password: only the user who runs the server, and root, can get to its folder.
  replace "$data/pg_hba.conf" <<'HBA'
# TYPE  DATABASE     USER  ADDRESS       METHOD
local   all          all                 trust
local   replication  all                 trust
host    all          all   127.0.0.1/32  scram-sha-256
host    replication  all   127.0.0.1/32  scram-sha-256
host    all          all   ::1/128       scram-sha-256
host    replication  all   ::1/128       scram-sha-256
HBA
}

# Settings for the end of postgresql.conf, where they replace those of initdb. Only those that every
# version since 13 has.
configure() {
  local setting text
  cat <<CONF
listen_addresses = '127.0.0.1,::1'
unix_socket_directories = '$dir/server'
unix_socket_permissions = 0700
wal_level = logical
max_wal_senders = 20
max_replication_slots = 20
max_prepared_transactions = 20
fsync = off
password_encryption = 'scram-sha-256'
timezone = 'GMT'
log_timezone = 'GMT'
CONF
  for setting in ${confs[@]+"${confs[@]}"}; do
    text=$(printf '%s' "${setting#*=}" | sed "s/[\\\\']/&&/g")
    printf "%s = '%s'\n" "${setting%%=*}" "$text"
  done
}

# Other programs start servers too, and may take a port between our check and our use of it. So a
# server that finds its port taken, on either address, is started again on another.
start_on_free_port() { # BIN; sets port
  local tries=0
  while [ "$tries" -lt 40 ]; do
    tries=$((tries + 1))
    # below the ports that systems use for outgoing connections
    port=$((20000 + RANDOM % 12000))
    ! is_listening "$port" || continue
    echo "port = $port" | append_to "$dir/server/data/postgresql.conf"
    as_server rm -f -- "$dir/server/server.log"
    if pg_ctl "$1" start; then
      # The sixth line is the first address that it got.
      if [ "$(pid_file | sed -n 6p)" = 127.0.0.1 ] && ! found_port_taken; then return 0; fi
      end_server immediate
    elif ! found_port_taken; then
      fail_with_logs "the server did not start" "$dir/pg_ctl.log" "$dir/server/server.log"
    fi
  done
  die "found no free port in $tries tries"
}

is_listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
found_port_taken() { as_server grep -q 'Address already in use' "$dir/server/server.log"; }

# The server inherits what is open here, and a reader of it would wait for the server's end. So
# nothing stays open. A TERM during this time waits until the process to stop is known.
pg_ctl() { # BIN COMMAND OPTION...
  local bin=$1 command=$2
  shift 2
  (
    trap '' TERM HUP
    as_server "$bin/pg_ctl" "$command" --wait --timeout=180 -D "$dir/server/data" \
      -l "$dir/server/server.log" "$@" \
      </dev/null >"$dir/pg_ctl.log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
  )
}

fail_with_logs() { # MESSAGE LOG...
  local message=$1 log
  shift
  for log in "$@"; do
    case $log in
      "$dir/server/"*) as_server cat -- "$log" ;;
      *) cat -- "$log" ;;
    esac
  done 2>/dev/null | tail -n 25 | sed 's/^/  | /' >&2
  die "$message"
}

restart_binaries() { # MODE
  become_owner
  cd "$dir/server"
  pg_ctl "$(value PGREPL_BIN)" restart --mode="$1" ||
    fail_with_logs "the server did not restart" "$dir/pg_ctl.log" "$dir/server/server.log"
  print_local_server "$(value PGREPL_PORT)" "$(value PGREPL_VERSION)" "$(value PGREPL_BIN)"
}

promote_binaries() {
  become_owner
  cd "$dir/server"
  pg_ctl "$(value PGREPL_BIN)" promote ||
    fail_with_logs "the standby was not promoted" "$dir/pg_ctl.log" "$dir/server/server.log"
  cat "$dir/server.env"
}

# ------------------------------------------------------------------ stopping

pid_file() { as_server cat -- "$dir/server/data/postmaster.pid" 2>/dev/null; }

# The server's process; fails if the file does not say a number.
server_pid() {
  local pid
  pid=$(pid_file | head -n 1)
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  echo "$pid"
}

# Stops the server in $dir, if one runs there. The process gets a signal; pg_ctl is not used, since it is
# missing if its package was removed. The signal is sent with the rights of the server's user: the number
# comes from a file of that user.
end_server() { # MODE
  local pid tries=0 signal=INT
  [ -d "$dir/server" ] || return 0
  become_owner
  pid=$(server_pid) || return 0
  is_server "$pid" || return 0
  case $1 in
    smart) signal=TERM ;;
    immediate) signal=QUIT ;;
  esac
  signal_server "$signal" "$pid" || return 0
  # It deletes its file last; the process may remain as a zombie if its parent does not wait for it.
  while [ -e "$dir/server/data/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null; do
    tries=$((tries + 1))
    # A fast shutdown waits for clients of replication, and they may not be reading.
    [ "$1" = smart ] || [ "$tries" -ne 300 ] || signal_server QUIT "$pid" || true
    [ "$tries" -le 600 ] || return 1
    sleep 0.1
  done
}

signal_server() { # shellcheck disable=SC2016  # for the inner shell to expand
  as_server sh -c 'kill -s "$1" "$2" 2>/dev/null' sh "$1" "$2"
}

# Whether the process is the server of $dir: the number in the file may belong to another by now.
is_server() {
  if [ -e "/proc/$1/cmdline" ]; then
    tr '\0' ' ' <"/proc/$1/cmdline" 2>/dev/null
  else
    ps -ww -p "$1" -o args= 2>/dev/null
  fi | grep -qF -- "-D $dir/server/data"
}

port=''
