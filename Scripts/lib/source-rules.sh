# Rules for Swift sources that neither the compiler nor the formatter knows; sourced by Scripts/lint.
# Plain counts and searches, line by line. What a module may import of ours is in Package.swift, and
# SwiftPM checks it (--explicit-target-dependency-import-check).
# shellcheck shell=bash

# The modules that users link: all but the command line.
libraries=(Sources/CDCTime Sources/PGWire Sources/PGOutput Sources/ReplicationCore Sources/ChangeFormats
  Sources/ChangeSinks Sources/ChangeCompression Sources/ReplicationTestKit)

# broken REASON: reads findings as "path:line:text" and prints each with the reason.
broken() {
  local finding
  while IFS= read -r finding; do printf '%s: %s\n' "$finding" "$1"; done
}

swift_files() { find "$@" -name '*.swift' -not -path '*/.build/*' | LC_ALL=C sort; }

# code PATTERN PATH...: lines of Swift code that match, "path:line:text"; not those that are comments.
code() {
  local pattern=$1
  shift
  swift_files "$@" | tr '\n' '\0' | xargs -0 grep -nE -- "$pattern" /dev/null |
    grep -vE '^[^:]+:[0-9]+: *//' || true
}

# except PATTERN: leaves out the findings whose path matches.
except() { grep -vE "^($1)" || true; }

check_lengths() {
  local file columns
  swift_files Package.swift Sources Tests Benchmarks Examples Fuzz Scripts Sinks Soak | while IFS= read -r file; do
    # Tests have tables of what servers printed.
    case $file in Sources/* | Sinks/Sources/*) columns=100 ;; *) columns=120 ;; esac
    LC_ALL=C awk -v columns="$columns" '
      function shown(text) { gsub(/[\200-\277]/, "", text); return length(text) }
      FNR == 351 { print FILENAME ":351:a file of more than 350 lines: one idea each?" }
      # The address of a page can not be broken.
      length($0) > columns && $0 !~ /<https:\/\// && shown($0) > columns {
        print FILENAME ":" FNR ":more than " columns " columns"
      }
      # The formatter puts the brace that ends a function where its first line begins.
      {
        match($0, /^ */)
        indent = RLENGTH
        text = substr($0, indent + 1)
        if (start && text != "" && indent <= depth && text !~ /^(\)|where |_ )/) {
          if (text ~ /^}/ && indent == depth && FNR - start + 1 > 70)
            print FILENAME ":" start ":a function of " FNR - start + 1 " lines, more than 70"
          start = 0
        }
        if (text ~ /^(@[A-Za-z]+(\([^)]*\))? |[a-z]+(\([a-z]+\))? )*(func |init[?(<!]|deinit |subscript[(<])/ &&
          text !~ /^\/\//) { start = FNR; depth = indent }
      }
    ' "$file"
  done | broken 'see CONTRIBUTING.md'
}

# A file is found by what is in it: Name.swift declares or extends Name, or has a function of that name.
check_names() {
  local file name
  swift_files Sources | while IFS= read -r file; do
    name=${file##*/}
    name=${name%.swift}
    name=${name%%+*}
    # main.swift is the language's own.
    if [ "$name" != main ] &&
      ! grep -qE "(struct|class|enum|actor|protocol|extension|typealias|func) ([A-Za-z]+\.)*$name\b" "$file"; then
      echo "$file:1:nothing here is called $name"
    fi
  done | broken 'a file bears the name of what is in it'
  swift_files Sources | sed 's|.*/||' | sort | uniq -d | sed 's|$|:1:several files of this name|' |
    broken 'a name stands for one thing'
}

check_imports() {
  # With the trait Foundation alone.
  code '^[a-z@ ]*import (struct |func )?Foundation' "${libraries[@]}" |
    except 'Sources/PGOutput/Foundation/' | broken 'a library would make every user link it'
  find Sources/PGOutput/Foundation -name '*.swift' -exec awk '
    FNR == 1 && $0 != "#if Foundation" { print FILENAME ":1:begins otherwise" }' {} + |
    broken 'everything here belongs to the trait'
  code 'import ((struct|func|var) )?(Glibc|Musl|Android|Bionic|Darwin|ucrt)\b' Sources |
    broken 'the platform is behind CReplicationSystem'
  code 'import CReplicationOpenSSL' Sources | except 'Sources/PGWire/(Crypto|Transport)/' |
    broken 'OpenSSL stays in Crypto/ and Transport/'
  code 'import CReplicationLibPQ' Sources | except 'Sources/ReplicationCore/Control/' |
    broken 'libpq is for the control connection alone'
  code 'import CReplicationZlib' Sources | except 'Sources/ChangeCompression/' |
    broken 'zlib belongs to the trait Compression'
  find Sources/ChangeCompression -name '*.swift' -exec awk '
    FNR == 1 && $0 != "#if Compression" { print FILENAME ":1:begins otherwise" }' {} + |
    broken 'everything here belongs to the trait'
  # The text of an error number is the only system function that errors need.
  code 'import CReplicationSystem' Sources |
    except 'Sources/(PGWire/(System|Transport|Errors/describeErrno)|ReplicationCore/(Segments|Files)|ReplicationTestKit|pgcdc|CDCTime/PostgresTimestamp.Clock)' |
    broken 'the protocol does no I/O: calls of the system have rooms of their own'
}

check_words() {
  # In two parts, or this file would break the rule.
  code "\b(FIX""ME|TO""DO|XX""X)\b" Sources Tests Benchmarks Examples Fuzz Scripts Soak |
    broken 'finish it, or write it down elsewhere'
  code '\b(fatalError\(|try!|as!)' "${libraries[@]}" | broken 'a library throws an error instead'
  code '\b(unsafe |Unsafe[A-Z])' Sources/PGWire Sources/ReplicationCore Sources/ChangeFormats |
    except 'Sources/(PGWire/(Crypto/|Transport/|System/|Errors/describeErrno)|ReplicationCore/(Segments|Rows|Control|Files|Concurrency)/|ChangeFormats/Bytes/)' |
    broken 'unsafe code stays where the system is called'
  code '(\bunsafe |\b(Glibc|Musl|Darwin)\.)(socket|socketpair|accept|pipe|mkstemp|dup|eventfd)\(' Sources |
    broken "use FileDescriptor's functions: their descriptors are kept out of child processes from birth"
  code '\bunsafe open\(' Sources | { grep -v O_CLOEXEC || true; } | broken 'open without O_CLOEXEC'
  code '\.(rawValue|microseconds) ([-+*]|<<) |reduce\(0, \+\)| ([-+*]|<<) [A-Za-z_][A-Za-z_.0-9]*\.(rawValue|microseconds)\b' \
    Sources/ReplicationCore Sources/ReplicationTestKit Sources/pgcdc |
    broken 'traps on what a server says: use SaturatingArithmetic'
}

# check_sources: all of them; the status says whether anything was found.
check_sources() {
  local findings
  findings=$(
    check_lengths
    check_names
    check_imports
    check_words
    git ls-files 2>/dev/null | grep -E '(^|/)Package\.resolved$' | sed 's|$|:1:a build product in git|' |
      broken 'users choose the versions of what they depend on'
  )
  [ -z "$findings" ] || printf '%s\n' "$findings" >&2
  [ -z "$findings" ]
}
