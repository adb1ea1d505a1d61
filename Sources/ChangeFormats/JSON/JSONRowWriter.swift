import PGOutput
import PGWire

/// Writes row changes as lines of JSON.
///
///     {"kind":"insert",…,"new":{…}}
///     {"kind":"update",…,"identity":"full|key|none","old":{…}|null,"new":{…},"unchanged":[…]}
///     {"kind":"delete",…,"identity":"full|key","old":{…}}
///     {"kind":"snapshot",…,"new":{…}}
///
/// A column that the server hasn't sent, since the update left it alone, is absent from `new` and
/// named in `unchanged`, which is there only then. If the old row has its value, that one is it.
struct JSONRowWriter {
  private var tables: JSONTables<JSONScalar>
  /// The columns of the row at hand whose values aren't known.
  private var unchanged: [Int] = []

  init(_ catalog: TypeCatalog, _ options: LineOptions) {
    tables = JSONTables(catalog, options)
  }

  /// Appends the line of a row change.
  ///
  /// - Throws: If a value isn't what its column's type has; then a part of the line may have been
  ///   appended.
  mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32?,
    to output: inout [UInt8]
  ) throws(JSONFormatError) {
    tables.beginLine(after: output)
    switch message {
    case .insert(let relation, let new):
      let table = tables.table(relation)
      output.appendKind("insert", provisionalIn: xid)
      output.append(lsn, table)
      try appendNew(new, old: nil, of: table, at: lsn, to: &output)
    case .update(let relation, let old, let new):
      let table = tables.table(relation)
      output.appendKind("update", provisionalIn: xid)
      output.append(lsn, table)
      if let old {
        try appendOld(old, of: table, at: lsn, to: &output)
      } else {
        output.append(json: #","identity":"none","old":null"#)
      }
      try appendNew(new, old: old, of: table, at: lsn, to: &output)
    case .delete(let relation, let old):
      let table = tables.table(relation)
      output.appendKind("delete", provisionalIn: xid)
      output.append(lsn, table)
      try appendOld(old, of: table, at: lsn, to: &output)
    default:
      return
    }
    output.append(json: "}\n")
  }

  /// Appends the line of a row of a snapshot.
  ///
  /// - Throws: As for a change.
  mutating func append(
    snapshot row: TupleData, of relation: Relation, at lsn: LSN, to output: inout [UInt8]
  ) throws(JSONFormatError) {
    tables.beginLine(after: output)
    let table = tables.table(relation)
    output.appendKind("snapshot", provisionalIn: nil)
    output.append(lsn, table)
    try appendNew(row, old: nil, of: table, at: lsn, to: &output)
    output.append(json: "}\n")
  }

  private mutating func appendOld(
    _ old: TupleData, of table: JSONTable<JSONScalar>, at lsn: LSN, to output: inout [UInt8]
  ) throws(JSONFormatError) {
    let keyOnly = old.kind == .key
    output.append(json: keyOnly ? #","identity":"key","old":{"# : #","identity":"full","old":{"#)
    try old.forEachColumn { index, column throws(JSONFormatError) in
      if keyOnly, !table.columns[index].isKey { return }
      _ = try tables.appendMember(index, column, of: table, at: lsn, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }

  private mutating func appendNew(
    _ new: TupleData, old: TupleData?, of table: JSONTable<JSONScalar>, at lsn: LSN,
    to output: inout [UInt8]
  ) throws(JSONFormatError) {
    unchanged.removeAll(keepingCapacity: true)
    output.append(json: #","new":{"#)
    try new.forEachColumn { index, column throws(JSONFormatError) in
      if try tables.appendMember(index, column, of: table, at: lsn, to: &output) { return }
      let isKnown = try old?.withColumn(at: index) { column throws(JSONFormatError) in
        try tables.appendMember(index, column, of: table, at: lsn, to: &output)
      }
      if isKnown != true { unchanged.append(index) }
    }
    output.append(UInt8(ascii: "}"))
    guard !unchanged.isEmpty else { return }
    output.append(json: #","unchanged":["#)
    for (position, index) in unchanged.enumerated() {
      if position > 0 { output.append(UInt8(ascii: ",")) }
      table.appendName(of: table.columns[index], to: &output)
    }
    output.append(UInt8(ascii: "]"))
  }
}

extension [UInt8] {
  /// Appends the position and the table, which all row changes begin with.
  fileprivate mutating func append(_ lsn: LSN, _ table: JSONTable<JSONScalar>) {
    append(json: #","lsn":"#)
    append(lsn)
    table.appendNames(to: &self)
  }
}
