/// The rows of a table that `psql -XqAt` printed, split at the bars.
func serverRows(_ table: String, columns: Int) throws -> [(microseconds: Int64, texts: [String])] {
  try table.split(separator: "\n").map { line in
    let fields = line.split(separator: "|").map(String.init)
    guard fields.count == columns, let microseconds = Int64(fields[0]) else {
      throw MalformedRow(line: String(line))
    }
    return (microseconds, Array(fields.dropFirst()))
  }
}

struct MalformedRow: Error {
  let line: String
}
