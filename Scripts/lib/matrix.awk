# Reads the file of PGREPL_MATRIX_FILE and prints a table for each server. Used by Scripts/matrix, which sets
#   versions  those of the servers that were tested, with spaces between them
# A combination without a line, with two, or that is not one, is an error, as is a failure.

BEGIN {
  FS = "\t"
  server_count = split(versions, servers, " ")
  split("text,clear text,tls binary,clear binary,tls", columns, " ")
  split("off on parallel", streamings, " ")
  split("no yes", phases, " ")
  for (s = 1; s <= server_count; s++)
    for (row = 0; row < 24; row++)
      for (c = 1; c <= 4; c++) expected[key(servers[s], row, c)] = 1
}

# Server, format, protocol, tls, streaming, two-phase, outcome, reason.
{
  id = $1 FS $2 FS $3 FS $4 FS $5 FS $6
  if (NF != 8) complain("a line has " NF " columns: " $0)
  else if (!(id in expected)) complain("no such combination: " $0)
  else if (id in outcome) complain("a combination came twice: " $0)
  else if ($7 == "ran" && $8 == "") outcome[id] = "ran"
  else if ($7 == "refused" && $8 != "") outcome[id] = $8
  else if ($7 == "failed") outcome[id] = "FAILED"
  else complain("no such outcome: " $0)
  if ($7 == "failed") failures[++failure_count] = "PostgreSQL " $0
}

END {
  for (s = 1; s <= server_count; s++) table(servers[s])
  printf "\nall servers: %d combinations, %d ran, %d could not and were refused, %d failed, %d are missing\n", \
    server_count * 96, ran, refused, failure_count, missing
  for (i = 1; i <= failure_count; i++) print failures[i]
  if (server_count == 0) complain("no server was tested")
  if (missing) complain(missing " combinations were left out without a word")
  exit failed || failure_count > 0
}

# The rows of a table, 0 to 23: protocol, streaming, two-phase; its columns, 1 to 4: format, TLS.
function key(server, row, column, parts) {
  split(columns[column], parts, ",")
  return server FS parts[1] FS protocol(row) FS parts[2] FS streamings[streaming(row)] FS phases[row % 2 + 1]
}
function protocol(row) { return int(row / 6) + 1 }
function streaming(row) { return int(row % 6 / 2) + 1 }

function table(server, row, column, id, cells, here_ran, here_refused, here_other) {
  here_ran = here_refused = here_other = 0
  cells = ""
  for (row = 0; row < 24; row++) {
    cells = cells sprintf("  %-8s %-9s %-9s", protocol(row), streamings[streaming(row)], phases[row % 2 + 1])
    for (column = 1; column <= 4; column++) {
      id = key(server, row, column)
      if (!(id in outcome)) { outcome[id] = "MISSING"; missing++ }
      if (outcome[id] == "ran") here_ran++
      else if (outcome[id] ~ /^(FAILED|MISSING)$/) here_other++
      else here_refused++
      cells = cells sprintf(column < 4 ? " %-16s" : " %s", outcome[id])
    }
    cells = cells "\n"
  }
  printf "\nPostgreSQL %s: %d ran, %d could not and were refused, %d failed or are missing\n", \
    server, here_ran, here_refused, here_other
  printf "  %-8s %-9s %-9s %-16s %-16s %-16s %s\n", \
    "protocol", "streaming", "two-phase", "text", "text, TLS", "binary", "binary, TLS"
  printf "%s", cells
  ran += here_ran
  refused += here_refused
  if (!here_ran) complain("nothing ran against PostgreSQL " server)
}

function complain(what) {
  print "error: " what >"/dev/stderr"
  failed = 1
}
