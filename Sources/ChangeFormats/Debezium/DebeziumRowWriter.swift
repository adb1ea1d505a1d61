import PGOutput
import PGWire

/// Writes the rows of Debezium's events: all columns of the table, in its order.
///
/// Columns of an old row that the replica identity doesn't have are null. A column that an update
/// left alone, and whose value the server therefore hasn't sent, is taken from the old row if that
/// has it; else there is a placeholder.
struct DebeziumRowWriter {
  private var tables: JSONTables<DebeziumScalar>

  init(_ catalog: TypeCatalog, _ options: LineOptions) {
    tables = JSONTables(catalog, options)
  }

  mutating func table(_ relation: Relation) -> JSONTable<DebeziumScalar> {
    tables.table(relation)
  }

  /// Notes that another line begins at the end of what there is.
  mutating func beginLine(after output: [UInt8]) { tables.beginLine(after: output) }

  /// Appends an old row, or null if there is none.
  mutating func append(
    old: TupleData?, of table: JSONTable<DebeziumScalar>, at lsn: LSN, to output: inout [UInt8]
  ) throws(JSONFormatError) {
    guard let old else { return output.append(json: "null") }
    let keyOnly = old.kind == .key
    output.append(UInt8(ascii: "{"))
    try old.forEachColumn { index, column throws(JSONFormatError) in
      if !keyOnly || table.columns[index].isKey,
        try tables.appendMember(index, column, of: table, at: lsn, to: &output)
      {
        return
      }
      table.appendKey(of: table.columns[index], to: &output)
      output.append(json: "null")
    }
    output.append(UInt8(ascii: "}"))
  }

  /// Appends a new row.
  mutating func append(
    new: TupleData, old: TupleData?, of table: JSONTable<DebeziumScalar>, at lsn: LSN,
    to output: inout [UInt8]
  ) throws(JSONFormatError) {
    output.append(UInt8(ascii: "{"))
    try new.forEachColumn { index, column throws(JSONFormatError) in
      if try tables.appendMember(index, column, of: table, at: lsn, to: &output) { return }
      if table.columns[index].isKey || old?.kind == .full {
        let isKnown = try old?.withColumn(at: index) { column throws(JSONFormatError) in
          try tables.appendMember(index, column, of: table, at: lsn, to: &output)
        }
        if isKnown == true { return }
      }
      table.appendKey(of: table.columns[index], to: &output)
      output.append(contentsOf: DebeziumPlaceholder.json(for: table.types[index]))
    }
    output.append(UInt8(ascii: "}"))
  }
}

extension JSONTable {
  /// Whether an update has changed the key, as far as the stream tells: of a table with a full
  /// replica identity it doesn't say what the key is.
  func isKeyChanged(from old: TupleData, to new: TupleData) -> Bool {
    guard old.kind == .key else { return false }
    var isChanged = false
    new.forEachColumn { index, column in
      guard columns[index].isKey else { return }
      let isSame = old.withColumn(at: index) { $0.isSame(as: column) }
      if isSame == false { isChanged = true }
    }
    return isChanged
  }
}

extension TupleColumn {
  /// Whether the value is that of the old row, which a column that is unchanged has too.
  fileprivate func isSame(as new: TupleColumn) -> Bool {
    switch new {
    case .unchanged, .notSent: true
    case .null: if case .null = self { true } else { false }
    case .text(let text), .binary(let text):
      switch self {
      case .text(let old), .binary(let old): old.equals(text)
      default: false
      }
    }
  }
}

extension Span<UInt8> {
  fileprivate func equals(_ other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    for index in indices where self[index] != other[index] { return false }
    return true
  }
}
