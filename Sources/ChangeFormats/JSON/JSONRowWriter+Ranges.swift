import PGOutput
import PGWire
import ReplicationCore

/// Writes ranges of a table's key. Their bounds have the values that rows have.
extension JSONRowWriter {
  /// Appends the line of a range whose rows follow.
  ///
  /// - Throws: If a value isn't what its column's type has; then a part of the line may have been
  ///   appended.
  mutating func append(
    _ range: SnapshotKeyRange, of relation: Relation, at lsn: LSN, _ frame: inout EventFrame,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    let table = try members.table(relation)
    guard table.isIncluded else { return }
    output.beginRecord(table.topic)
    members.beginLine(after: output.count)
    frame.open("range", table.subject, at: lsn, to: &output)
    output.appendStart("range", provisionalIn: nil, nil, lsn, table)
    output.append(columns: range.columns)
    output.append(UInt8(ascii: ","))
    try appendBounds(of: range, table, at: lsn, to: &output)
    output.append(UInt8(ascii: "}"))
    frame.close(to: &output)
  }

  private mutating func appendBounds(
    of range: SnapshotKeyRange, _ table: TableLayout<JSONScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    output.append(json: #""start":"#)
    try append(range.start, of: range.columns, table, at: lsn, to: &output)
    output.append(json: #","end":"#)
    try append(range.end, of: range.columns, table, at: lsn, to: &output)
  }

  private mutating func append(
    _ bound: SnapshotKeyRange.Bound?, of columns: [String], _ table: TableLayout<JSONScalar>,
    at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    guard let bound else { return output.append(json: "null") }
    output.append(json: #"{"key":{"#)
    for (name, value) in zip(columns, bound.values) {
      // A key's columns are published, or changes could not be told from each other.
      guard let index = table.relation.columns.firstIndex(where: { $0.name == name }) else {
        continue
      }
      let utf8 = value.utf8
      _ = try members.appendMember(index, .text(utf8.span), of: table, at: lsn, to: &output)
    }
    output.append(json: #"},"inclusive":"#)
    output.append(bound.isInclusive)
    output.append(UInt8(ascii: "}"))
  }
}

extension OutputBuffer {
  /// Appends the member that names a key's columns, a comma before it.
  fileprivate mutating func append(columns: [String]) {
    append(json: #","columns":["#)
    for (index, column) in columns.enumerated() {
      if index > 0 { append(UInt8(ascii: ",")) }
      append(string: column)
    }
    append(UInt8(ascii: "]"))
  }
}
