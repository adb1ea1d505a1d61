# The symbol graphs of the libraries, which say what each declares; sourced by Scripts/documentation and
# Scripts/public-surface after common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2154  # root is common.sh's

# Each after those that it links to.
# shellcheck disable=SC2034  # read by the scripts that source this file
modules=(CDCTime PGWire PGOutput ReplicationCore ChangeFormats ChangeSinks ReplicationTestKit)

# tool NAME: a program of the toolchain that swift is from.
tool() {
  local beside
  beside=$(dirname "$(command -v swift)")/$1
  if [ -x "$beside" ]; then
    echo "$beside"
  elif [ "$(uname)" = Darwin ]; then
    xcrun --find "$1"
  else
    command -v "$1" || die "$1 is missing; it is part of the Swift toolchain"
  fi
}

# prepare_graphs MODULES WORK: the folder of the built modules, and one for files of ours.
prepare_graphs() {
  local map flag flags
  extract=$(tool swift-symbolgraph-extract)
  graph_options=(-I "$1" -target "$(swift -print-target-info | sed -n 's/.*"triple": "\(.*\)".*/\1/p' | head -n 1)")
  [ "$(uname)" != Darwin ] || graph_options+=(-sdk "$(xcrun --show-sdk-path)")
  # Where the headers of what the modules import are.
  printf 'module CReplicationSystem {\n  umbrella header "%s"\n  export *\n}\n' \
    "$root/Sources/CReplicationSystem/include/CReplicationSystem.h" >"$2/CReplicationSystem.modulemap"
  for map in "$2/CReplicationSystem.modulemap" "$root"/Sources/{CReplicationOpenSSL,CReplicationLibPQ}/module.modulemap; do
    graph_options+=(-Xcc "-fmodule-map-file=$map")
  done
  flags=$(pkg-config --cflags libpq openssl)
  for flag in $flags; do graph_options+=(-Xcc "$flag"); done
}

# graphs MODULE FOLDER [OPTION]...: writes a module's public symbols there, those that it adds to other
# modules included.
graphs() {
  local module=$1 folder=$2
  shift 2
  mkdir -p "$folder"
  "$extract" -module-name "$module" "${graph_options[@]}" -output-dir "$folder" \
    -minimum-access-level public "$@" || die "the symbols of $module could not be read"
}
