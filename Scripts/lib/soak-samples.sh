# Sourced by Scripts/soak: how much memory, how many descriptors and threads processes have, and whether
# that grows.
#
# A sample is a line of samples.tsv: seconds since the start, name, KiB resident, descriptors, threads.
# shellcheck shell=bash disable=SC2154  # its script has these variables

sampler_pid=''

# start_sampler FILE NAME=PID...: a sample of each every five seconds, until stop_sampler.
start_sampler() {
  local file=$1
  shift
  : >"$file"
  # Neither its output nor its end is anybody else's business.
  sample_on "$file" "$@" </dev/null >/dev/null 2>&1 &
  sampler_pid=$!
}

stop_sampler() {
  [ -n "$sampler_pid" ] || return 0
  ! is_running "$sampler_pid" || kill -s KILL "$sampler_pid" 2>/dev/null || true
  wait "$sampler_pid" 2>/dev/null || true
  sampler_pid=''
}

sample_on() { # FILE NAME=PID...
  local file=$1 start=$SECONDS process
  shift
  while :; do
    for process in "$@"; do
      sample "$((SECONDS - start))" "${process%%=*}" "${process#*=}" >>"$file" || true
    done
    sleep 5
  done
}

sample() { # SECONDS NAME PID
  local resident descriptors threads
  if [ -r "/proc/$3/status" ]; then
    resident=$(awk '/^VmRSS:/ { print $2 }' "/proc/$3/status")
    threads=$(awk '/^Threads:/ { print $2 }' "/proc/$3/status")
    descriptors=$(find "/proc/$3/fd" -mindepth 1 | wc -l)
  else
    resident=$(ps -o rss= -p "$3")
    threads=$(ps -M -p "$3" | tail -n +2 | wc -l)
    # Lines of programs and libraries have other words there.
    descriptors=$(lsof -n -P -p "$3" | awk '$4 ~ /^[0-9]/' | wc -l)
  fi
  [ -n "$resident" ] || return 1
  printf '%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$((resident))" "$((descriptors))" "$((threads))"
}

# ------------------------------------------------------------------ judging

# quarter FILE NAME COLUMN NUMBER: the median of a column in a quarter of the time, counted from 1.
quarter() {
  awk -F '\t' -v name="$2" -v column="$3" -v part="$4" '
    $2 == name { n++; value[n] = $column }
    END { for (i = int(n * (part - 1) / 4) + 1; i <= int(n * part / 4); i++) print value[i] }' "$1" |
    sort -n | awk '{ value[NR] = $1 } END { print NR ? value[int((NR + 1) / 2)] : 0 }'
}

# slope FILE NAME: by how many KiB an hour the resident memory grows, by least squares, after the
# first quarter.
slope() {
  awk -F '\t' -v name="$2" '
    $2 == name { n++; x[n] = $1 / 3600; y[n] = $3 }
    END {
      for (i = int(n / 4) + 1; i <= n; i++) { m++; sx += x[i]; sy += y[i] }
      if (m < 2) { print 0; exit }
      for (i = int(n / 4) + 1; i <= n; i++) {
        above += (x[i] - sx / m) * (y[i] - sy / m)
        below += (x[i] - sx / m) ^ 2
      }
      printf "%.0f\n", (below > 0 ? above / below : 0)
    }' "$1"
}

# is_any_zero NUMBER...: every process that was measured has some memory, descriptors and threads.
is_any_zero() {
  case " $* " in *' 0 '*) ;; *) return 1 ;; esac
}

# judge FILE NAME: prints what a process had in the second and in the last quarter; fails if that is not
# flat. The first quarter is for warming up.
judge() {
  local file=$1 name=$2 early late early_fds late_fds early_threads late_threads verdict=flat
  early=$(quarter "$file" "$name" 3 2)
  late=$(quarter "$file" "$name" 3 4)
  early_fds=$(quarter "$file" "$name" 4 2)
  late_fds=$(quarter "$file" "$name" 4 4)
  early_threads=$(quarter "$file" "$name" 5 2)
  late_threads=$(quarter "$file" "$name" 5 4)
  if is_any_zero "$early" "$late" "$early_fds" "$late_fds" "$early_threads" "$late_threads"; then
    verdict='NOT MEASURED'
  elif [ $((late * 10)) -gt $((early * 11)) ] && [ $((late - early)) -gt 4096 ]; then
    verdict='NOT FLAT: memory'
  elif [ $((late_fds - early_fds)) -gt 4 ]; then
    verdict='NOT FLAT: descriptors'
  elif [ $((late_threads - early_threads)) -gt 4 ]; then
    verdict='NOT FLAT: threads'
  fi
  printf '%-14s %7d -> %7d KiB (%+d KiB an hour), %d -> %d descriptors, %d -> %d threads: %s\n' \
    "$name" "$early" "$late" "$(slope "$file" "$name")" "$early_fds" "$late_fds" \
    "$early_threads" "$late_threads" "$verdict"
  [ "$verdict" = flat ]
}

# ------------------------------------------------------------------ the plot

# plot FILE: an SVG of three panels on standard output, one line for each process.
plot() {
  awk -F '\t' '
    function panel(top, title, column, unit,   i, k, name, highest, points, color) {
      highest = 1
      for (i = 1; i <= n; i++) if (row[i, column] / unit > highest) highest = row[i, column] / unit
      highest *= 1.1
      printf "<text x=\"60\" y=\"%d\">%s, up to %.0f</text>\n", top - 6, title, highest / 1.1
      printf "<rect x=\"60\" y=\"%d\" width=\"800\" height=\"180\" fill=\"none\" stroke=\"#999\"/>\n", top
      for (k = 1; k <= names; k++) {
        name = order[k]
        points = ""
        for (i = 1; i <= n; i++) if (row[i, 2] == name)
          points = points sprintf("%.1f,%.1f ", 60 + 800 * row[i, 1] / last,
            top + 180 - 180 * row[i, column] / unit / highest)
        color = colors[(k - 1) % 8 + 1]
        printf "<polyline fill=\"none\" stroke=\"%s\" points=\"%s\"/>\n", color, points
      }
    }
    { n++; for (i = 1; i <= 5; i++) row[n, i] = $i }
    !($2 in seen) { seen[$2] = 1; order[++names] = $2 }
    $1 > last { last = $1 }
    END {
      if (last == 0) last = 1
      split("#1b6ca8 #c0392b #27864b #8e44ad #b7791f #2c3e50 #d35400 #16a085", colors, " ")
      print "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"1020\" height=\"720\" " \
        "font-family=\"sans-serif\" font-size=\"13\">"
      print "<rect width=\"1020\" height=\"720\" fill=\"white\"/>"
      panel(40, "resident memory in MiB", 3, 1024)
      panel(260, "descriptors", 4, 1)
      panel(480, "threads", 5, 1)
      printf "<text x=\"60\" y=\"690\">0 to %.1f minutes</text>\n", last / 60
      for (k = 1; k <= names; k++)
        printf "<text x=\"875\" y=\"%d\" fill=\"%s\">%s</text>\n", 40 + 18 * k,
          colors[(k - 1) % 8 + 1], order[k]
      print "</svg>"
    }' "$1"
}
