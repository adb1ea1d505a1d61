# Sourced by Scripts/postgres: the folder of a server, who owns what in it, and what is kept there.
#
#   DIR             belongs to the caller; nobody else can write into it
#   DIR/server.env  what `start` printed, the password included; mode 0600
#   DIR/*.log       what initdb, pg_basebackup and pg_ctl said; opened by the caller
#   DIR/server      belongs to the user who runs the server; mode 0700: data, socket, server.log
#
# Root runs a server as another user. That user, and every superuser of the database with it, controls
# DIR/server. So the caller never writes there, follows no path that it could have changed, and takes
# nothing that it reads there for a command, a path or a process of someone else.
# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # its script has these variables, and set -e

# ------------------------------------------------------------------ who runs servers

run_user='' # empty: the caller
run_group=''

choose_run_user() {
  [ "$(id -u)" = 0 ] || return 0
  run_user=nobody
  ! id postgres >/dev/null 2>&1 || run_user=postgres
  run_group=$(id -gn "$run_user")
}

# The user who runs the server in $dir; this may differ from the one that we would choose now.
become_owner() {
  [ -n "$run_user" ] || return 0
  # shellcheck disable=SC2012  # stat's options differ between Linux and macOS
  run_user=$(ls -ld "$dir/server" | awk '{ print $3 }')
  run_group=$(id -gn "$run_user")
}

# Runs a command as the user who runs servers. Linux has setpriv, macOS has sudo.
as_server() {
  if [ -z "$run_user" ]; then
    "$@"
  elif command -v setpriv >/dev/null; then
    setpriv --reuid="$run_user" --regid="$run_group" --clear-groups -- "$@"
  else
    sudo -u "$run_user" -- "$@"
  fi
}

# Appends standard input to a file of the server, with the rights of its user.
append_to() { # shellcheck disable=SC2016  # for the inner shell to expand
  as_server sh -c 'cat >>"$1"' sh "$1"
}
replace() { # shellcheck disable=SC2016
  as_server sh -c 'cat >"$1"' sh "$1"
}

# ------------------------------------------------------------------ making it

# Makes $dir, or one in the first place that is suitable, and changes to the server's part of it: the
# server's user may not be able to enter the folder that we were called in.
make_dir() {
  local place tmp=${TMPDIR:-/tmp}
  if [ -n "$dir" ]; then
    case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
    is_fit "$dir" || die "--dir has other characters than letters, digits . _ / -, or is longer" \
      "than the path of a socket allows: $dir"
    [ ! -e "$dir" ] || { [ -d "$dir" ] && [ -O "$dir" ] && [ -z "$(ls -A "$dir")" ]; } ||
      die "$dir is not an empty folder of yours"
    mkdir -p -- "$dir"
  else
    for place in "${tmp%/}" /tmp; do
      is_fit "$place/pgrepl.XXXXXX" || continue
      as_server test -x "$place" || continue
      ! dir=$(mktemp -d "$place/pgrepl.XXXXXX") || break
    done
    [ -n "$dir" ] || die "found no place for the server's files; name one with --dir"
  fi
  made_dir=$dir
  # As `stop` sees it: without symbolic links.
  dir=$(cd "$dir" && pwd -P)
  made_dir=$dir
  is_fit "$dir" || die "$dir is not suitable for the server's files; name another folder with --dir"
  mkdir -m 700 "$dir/server"
  if [ -n "$run_user" ]; then
    chmod 711 "$dir" # its user must get to DIR/server
    chown "$run_user:$run_group" "$dir/server"
  else
    chmod 700 "$dir"
  fi
  cd "$dir/server"
}

# The path of a socket in DIR/server must stay below the 104 bytes of macOS (Linux: 108), and none of
# its characters may mean something in a setting or a shell.
is_fit() {
  case $1 in *[!A-Za-z0-9_./-]*) return 1 ;; esac
  [ "${#1}" -le 80 ] # and /server/.s.PGSQL.65535 makes 102
}

new_password() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# ------------------------------------------------------------------ what is printed and kept

print_own_server() { # PORT SOCKET-DIR VERSION DATA BIN PID SOURCE
  print_server "postgresql://postgres:$password@127.0.0.1:$1/postgres" 127.0.0.1 "$1" \
    postgres "$password" postgres "$2" "$3" "$dir" "$4" "$5" "$6" "$7" >"$dir/server.env"
  cat "$dir/server.env"
}

print_server() {
  local name
  for name in URL HOST PORT USER PASSWORD DATABASE SOCKET_DIR VERSION DIR DATA BIN PID SOURCE; do
    printf 'PGREPL_%s=%q\n' "$name" "$1"
    shift
  done
}

# A value of the server in $dir.
# shellcheck disable=SC1003  # a backslash, not a quote
value() { sed -n "s/^$1=//p" "$dir/server.env" | tr -d '\\'; }

# ------------------------------------------------------------------ finding it again

# open_dir DIR: sets dir to the folder of a server that the caller has started; dies if it is anything
# else. Wrong contents may be an attack that makes us delete another folder.
open_dir() {
  local given=$1
  [ -d "$given" ] || die "there is no server in '$given'"
  dir=$(cd "$given" && pwd -P)
  if [ ! -f "$dir/server.env" ] || [ -L "$dir/server.env" ]; then
    die "$given is not the folder of a server that this script has started"
  fi
  if [ ! -O "$dir" ] || [ ! -O "$dir/server.env" ]; then
    die "the server in $given was started by another user; run this as that user"
  fi
  if is_open_to_others "$dir" || is_open_to_others "$dir/server.env"; then
    die "$given can be changed by other users, so what it says is not trusted"
  fi
  [ "$(value PGREPL_DIR)" = "$dir" ] ||
    die "$given/server.env describes another folder: $(value PGREPL_DIR)"
  password=$(value PGREPL_PASSWORD)
}

# Whether the group or others may write to it.
is_open_to_others() { [ -n "$(find "$1" -maxdepth 0 \( -perm -020 -o -perm -002 \))" ]; }

dir='' made_dir='' password=''
