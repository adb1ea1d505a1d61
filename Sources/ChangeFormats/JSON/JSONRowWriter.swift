import PGOutput
import PGWire
import ReplicationCore

/// Writes rows as lines of JSON.
///
///     {"kind":"insert",…,"new":{…}}
///     {"kind":"update",…,"identity":"full|key|none","old":{…}|null,"new":{…},"unchanged":[…]}
///     {"kind":"delete",…,"identity":"full|key","old":{…}}
///     {"kind":"snapshot",…,"new":{…}}
///
/// A column that the server hasn't sent, since the update left it alone, is absent from `new` and
/// named in `unchanged`, which is there only then. If the old row has its value, `new` has that
/// value.
struct JSONRowWriter {
  var members: MemberWriter<JSONScalar>
  /// The columns of the current row whose values aren't known.
  private var unchanged: [Int] = []
  private let hasTombstones: Bool

  init(
    _ catalog: TypeCatalog, _ options: JSONLineFormat.Options,
    _ descriptions: [UInt32: TableDescription] = [:]
  ) {
    members = MemberWriter(catalog, options, descriptions)
    hasTombstones = options.records.hasTombstones
  }

  /// Appends the event of a row change.
  ///
  /// - Throws: If a value isn't what its column's type has; then a part of the line may have been
  ///   appended.
  mutating func append(
    _ message: PgOutputMessage, at lsn: LSN, provisionalIn xid: UInt32?, _ frame: inout EventFrame,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    switch message {
    case .insert(let relation, let new):
      let table = try members.table(relation)
      guard table.isIncluded else { return }
      try members.beginRecord(of: new, table, at: lsn, to: &output)
      members.beginLine(after: output.count)
      frame.open("insert", table.subject, at: lsn, to: &output)
      output.appendStart("insert", provisionalIn: xid, frame.nextChange(), lsn, table)
      try appendNew(new, of: table, at: lsn, to: &output)
    case .update(let relation, let old?, let new):
      let table = try members.table(relation)
      guard table.isIncluded else { return }
      try beginUpdate(of: table, from: old, to: new, at: lsn, &output)
      members.beginLine(after: output.count)
      frame.open("update", table.subject, at: lsn, to: &output)
      output.appendStart("update", provisionalIn: xid, frame.nextChange(), lsn, table)
      try appendOld(old, of: table, at: lsn, to: &output)
      try appendNew(new, old: old, of: table, at: lsn, to: &output)
    case .update(let relation, nil, let new):
      let table = try members.table(relation)
      guard table.isIncluded else { return }
      try members.beginRecord(of: new, table, at: lsn, to: &output)
      members.beginLine(after: output.count)
      frame.open("update", table.subject, at: lsn, to: &output)
      output.appendStart("update", provisionalIn: xid, frame.nextChange(), lsn, table)
      output.append(json: #","identity":"none","old":null"#)
      try appendNew(new, of: table, at: lsn, to: &output)
    case .delete(let relation, let old):
      let table = try members.table(relation)
      guard table.isIncluded else { return }
      try members.beginRecord(of: old, table, at: lsn, to: &output)
      members.beginLine(after: output.count)
      frame.open("delete", table.subject, at: lsn, to: &output)
      output.appendStart("delete", provisionalIn: xid, frame.nextChange(), lsn, table)
      try appendOld(old, of: table, at: lsn, to: &output)
    default:
      return
    }
    output.append(UInt8(ascii: "}"))
    frame.close(to: &output)
    if case .delete = message, hasTombstones { output.repeatKeyAsTombstone() }
  }

  /// Begins the record of an update; if that changes the key, after a tombstone with the old one.
  private mutating func beginUpdate(
    of table: TableLayout<JSONScalar>, from old: TupleData, to new: TupleData, at lsn: LSN,
    _ output: inout OutputBuffer
  ) throws(FormatError) {
    guard output.keepsRecords else { return }
    if hasTombstones, table.isKeyChanged(from: old, to: new) {
      try members.beginRecord(of: old, table, at: lsn, to: &output)
      output.endTombstone()
    }
    try members.beginRecord(of: new, old: old, table, at: lsn, to: &output)
  }

  /// Appends the event of a row of a snapshot.
  ///
  /// - Throws: As for a change.
  mutating func append(
    snapshot row: TupleData, of relation: Relation, at lsn: LSN, _ frame: inout EventFrame,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    let table = try members.table(relation)
    guard table.isIncluded else { return }
    try members.beginRecord(of: row, table, at: lsn, to: &output)
    members.beginLine(after: output.count)
    frame.open("snapshot", table.subject, at: lsn, to: &output)
    output.appendStart("snapshot", provisionalIn: nil, nil, lsn, table)
    try appendNew(row, of: table, at: lsn, to: &output)
    output.append(UInt8(ascii: "}"))
    frame.close(to: &output)
  }

  private mutating func appendOld(
    _ old: TupleData, of table: TableLayout<JSONScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    let keyOnly = old.kind == .key
    output.append(json: keyOnly ? #","identity":"key","old":{"# : #","identity":"full","old":{"#)
    try old.forEachColumn { index, column throws(FormatError) in
      if keyOnly, !table.columns[index].isKey { return }
      _ = try members.appendMember(index, column, of: table, at: lsn, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }

  /// Appends a row whose old one is not known.
  ///
  /// Not inlined into its callers: the work for a column then is inlined here.
  @inline(never) private mutating func appendNew(
    _ new: TupleData, of table: TableLayout<JSONScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    unchanged.removeAll(keepingCapacity: true)
    output.append(json: #","new":{"#)
    try new.forEachColumn { index, column throws(FormatError) in
      if try members.appendMember(index, column, of: table, at: lsn, to: &output) { return }
      unchanged.append(index)
    }
    appendUnchanged(of: table, to: &output)
  }

  private mutating func appendNew(
    _ new: TupleData, old: TupleData, of table: TableLayout<JSONScalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) {
    unchanged.removeAll(keepingCapacity: true)
    output.append(json: #","new":{"#)
    try new.forEachColumn { index, column throws(FormatError) in
      if try members.appendMember(index, column, of: table, at: lsn, to: &output) { return }
      let isKnown = try old.withColumn(at: index) { column throws(FormatError) in
        try members.appendMember(index, column, of: table, at: lsn, to: &output)
      }
      if isKnown != true { unchanged.append(index) }
    }
    appendUnchanged(of: table, to: &output)
  }

  /// Ends the new row, and names the columns whose values aren't known.
  private func appendUnchanged(
    of table: TableLayout<JSONScalar>, to output: inout OutputBuffer
  ) {
    output.append(UInt8(ascii: "}"))
    guard !unchanged.isEmpty else { return }
    output.append(json: #","unchanged":["#)
    for position in unchanged.indices {
      if position > 0 { output.append(UInt8(ascii: ",")) }
      table.appendName(of: table.columns[unchanged[position]], to: &output)
    }
    output.append(UInt8(ascii: "]"))
  }
}

extension OutputBuffer {
  /// Appends what all lines of rows and of ranges begin with: the kind, the position and the table.
  mutating func appendStart(
    _ kind: StaticString, provisionalIn xid: UInt32?, _ place: OpenTransaction?, _ lsn: LSN,
    _ table: TableLayout<JSONScalar>
  ) {
    appendKind(kind, provisionalIn: xid, place)
    append(json: #","lsn":"#)
    append(quoted: lsn)
    table.appendNames(to: &self)
  }
}
