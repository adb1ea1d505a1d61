# Reads what llvm-cov exports as lcov. Prints how many lines of each module are covered, and writes the ranges
# of those that are not to a file, each with its text. Used by Scripts/coverage, which sets:
#   sources    the folder Sources, with a slash at its end
#   modules    the modules to count, with spaces between them
#   listed     an expression for the paths in Sources whose uncovered lines are listed
#   uncovered  the file for those

BEGIN {
  count = split(modules, names, " ")
  for (i = 1; i <= count; i++) known[names[i]] = 1
}

/^SF:/ {
  path = substr($0, 4)
  module = ""
  if (index(path, sources) != 1) next
  name = substr(path, length(sources) + 1)
  module = name
  sub(/\/.*/, "", module)
  if (!(module in known)) module = ""
  is_listed = module != "" && name ~ listed
  first = last = 0
}

# DA:LINE,COUNT; lines that can't be run have none.
/^DA:/ && module != "" {
  split(substr($0, 4), parts, ",")
  lines[module]++
  if (parts[2] + 0 > 0) {
    covered[module]++
    finish_range()
  } else if (is_listed) {
    if (!first) first = parts[1] + 0
    last = parts[1] + 0
  }
}

/^end_of_record/ && module != "" {
  finish_range()
  if (is_listed) print_ranges()
  module = ""
}

function finish_range() {
  if (first) {
    ranges++
    starts[ranges] = first
    ends[ranges] = last
  }
  first = last = 0
}

# Reads the file once: ranges are in order.
function print_ranges(number, range, line) {
  number = 0
  for (range = 1; range <= ranges; range++) {
    print "Sources/" name ":" starts[range] (ends[range] > starts[range] ? "-" ends[range] : "") >uncovered
    while (number < ends[range] && (getline line <path) > 0) {
      number++
      if (number >= starts[range]) printf "%6d  %s\n", number, line >uncovered
    }
    print "" >uncovered
    total_ranges++
  }
  close(path)
  ranges = 0
}

END {
  printf "%-20s %8s %8s %8s\n", "module", "lines", "covered", "percent"
  for (i = 1; i <= count; i++) row(names[i], lines[names[i]] + 0, covered[names[i]] + 0)
  for (i = 1; i <= count; i++) {
    all += lines[names[i]]
    all_covered += covered[names[i]]
    if (!lines[names[i]]) missing = missing " " names[i]
  }
  row("all", all + 0, all_covered + 0)
  printf "%d ranges of lines that no test runs are listed\n", total_ranges
  if (missing != "") {
    print "no lines of" missing " were counted" >"/dev/stderr"
    exit 1
  }
}

function row(title, of, run) {
  printf "%-20s %8d %8d %7.1f%%\n", title, of, run, of ? 100 * run / of : 0
}
