import PGOutput
import PGWire

extension MemberWriter {
  /// Begins a record of a row, with its key if the table has one; nothing if events are lines.
  ///
  /// - Throws: If a value of the key can't be written; then a part of it may have been appended.
  @inline(__always) mutating func beginRecord(
    of row: TupleData, _ table: TableLayout<Scalar>, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    guard output.keepsRecords else { return }
    try beginKeyedRecord(of: row, nil, table, at: lsn, to: &output)
  }

  /// The same for a row that lacks values which its old row may have.
  @inline(__always) mutating func beginRecord(
    of row: TupleData, old: TupleData, _ table: TableLayout<Scalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    guard output.keepsRecords else { return }
    try beginKeyedRecord(of: row, old, table, at: lsn, to: &output)
  }

  @inline(never) private mutating func beginKeyedRecord(
    of row: TupleData, _ old: TupleData?, _ table: TableLayout<Scalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    output.beginRecord(table.topic)
    guard !table.key.isEmpty else { return }
    beginLine(after: output.count)
    output.append(UInt8(ascii: "{"))
    for place in table.key.indices {
      let index = table.key[place]
      if try appendKeyMember(index, of: row, table, at: lsn, to: &output) { continue }
      if let old, try appendKeyMember(index, of: old, table, at: lsn, to: &output) { continue }
      throw table.failure(.keyNotSent, index, at: lsn)
    }
    output.append(UInt8(ascii: "}"))
    output.endKey()
  }

  /// - Returns: Whether the row has the column's value.
  private mutating func appendKeyMember(
    _ index: Int, of row: TupleData, _ table: TableLayout<Scalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) -> Bool {
    let isKnown = try row.withColumn(at: index) { column throws(FormatError) in
      try appendPart(index, column, of: table, at: lsn, to: &output)
    }
    return isKnown ?? false
  }
}
