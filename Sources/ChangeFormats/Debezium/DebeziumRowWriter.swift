import PGOutput
import PGWire
import ReplicationCore

/// Writes the rows of Debezium's events: all columns of the table, in its order.
///
/// Columns of an old row that the replica identity doesn't have are null, or what Debezium has in
/// place of them (``DebeziumDefault``). A column that an update left alone, and whose value the
/// server therefore hasn't sent, is taken from the old row if that has it; else there is a
/// placeholder.
struct DebeziumRowWriter {
  var members: MemberWriter<DebeziumScalar>

  init(
    _ catalog: TypeCatalog, _ options: JSONLineFormat.Options,
    _ descriptions: [UInt32: TableDescription] = [:]
  ) {
    members = MemberWriter(catalog, options, descriptions)
  }

  @inline(__always) mutating func table(
    _ relation: Relation
  ) throws(FormatError) -> TableLayout<DebeziumScalar> {
    try members.table(relation)
  }

  /// Notes that another line begins after this number of bytes.
  @inline(__always) mutating func beginLine(after count: Int) { members.beginLine(after: count) }

  /// Appends an old row.
  mutating func append(
    old: TupleData, of table: TableLayout<DebeziumScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    let keyOnly = old.kind == .key
    output.append(UInt8(ascii: "{"))
    try old.forEachColumn { index, column throws(FormatError) in
      let layout = table.columns[index]
      if keyOnly, !layout.isKey {
        if layout.form != .leftOut { table.appendUnsent(layout, to: &output) }
      } else if try !members.appendMember(index, column, of: table, at: lsn, to: &output) {
        table.appendKey(of: layout, to: &output)
        output.append(json: "null")
      }
    }
    output.append(UInt8(ascii: "}"))
  }

  /// Appends a new row whose old one is not known.
  @inline(__always) mutating func append(
    new: TupleData, of table: TableLayout<DebeziumScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    output.append(UInt8(ascii: "{"))
    try new.forEachColumn { index, column throws(FormatError) in
      if try members.appendMember(index, column, of: table, at: lsn, to: &output) { return }
      table.appendPlaceholder(index, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }

  /// Appends a new row.
  mutating func append(
    new: TupleData, old: TupleData, of table: TableLayout<DebeziumScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    output.append(UInt8(ascii: "{"))
    try new.forEachColumn { index, column throws(FormatError) in
      if try members.appendMember(index, column, of: table, at: lsn, to: &output) { return }
      if table.columns[index].isKey || old.kind == .full {
        let isKnown = try old.withColumn(at: index) { column throws(FormatError) in
          try members.appendMember(index, column, of: table, at: lsn, to: &output)
        }
        if isKnown == true { return }
      }
      table.appendPlaceholder(index, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }
}

extension TableLayout<DebeziumScalar> {
  /// Appends a column whose value the server hasn't sent.
  fileprivate func appendPlaceholder(_ index: Int, to output: inout OutputBuffer) {
    appendKey(of: columns[index], to: &output)
    output.append(contentsOf: DebeziumPlaceholder.json(for: types[index]))
  }
}
