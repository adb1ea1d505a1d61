import PGOutput
import PGWire
import ReplicationCore

/// Writes the columns of rows as members of JSON objects; it knows the tables that were met.
struct MemberWriter<Scalar: ScalarFormat> {
  /// What the catalog says of tables, by oid.
  private(set) var descriptions: [UInt32: TableDescription]
  /// By oid.
  private var tables: [UInt32: TableLayout<Scalar>] = [:]
  /// The table of the latest change, which most often is the next one's as well.
  private var latest: TableLayout<Scalar>?
  var values: ValueWriter
  var budget: LineBudget
  private let catalog: TypeCatalog
  private let options: JSONLineFormat.Options

  init(
    _ catalog: TypeCatalog, _ options: JSONLineFormat.Options,
    _ descriptions: [UInt32: TableDescription] = [:]
  ) {
    self.catalog = catalog
    self.options = options
    self.descriptions = descriptions
    values = ValueWriter(options, catalog.style)
    budget = LineBudget(start: 0, options)
  }

  /// Notes that another line begins after this number of bytes.
  @inline(__always) mutating func beginLine(after count: Int) {
    budget.beginLine(after: count)
  }

  /// Takes in what the catalog says of a table.
  mutating func describe(_ table: TableDescription) {
    guard descriptions.updateValue(table, forKey: table.oid) != table else { return }
    tables[table.oid] = nil
    latest = nil
  }

  /// What is the same in all events of a relation.
  ///
  /// - Throws: ``FormatError/column(_:table:column:)`` if the options can't be applied to it.
  @inline(__always) mutating func table(
    _ relation: Relation
  ) throws(FormatError) -> TableLayout<Scalar> {
    if let latest, latest.relation === relation { return latest }
    return try lookUp(relation)
  }

  private mutating func lookUp(_ relation: Relation) throws(FormatError) -> TableLayout<Scalar> {
    let table: TableLayout<Scalar>
    if let known = tables[relation.oid], known.relation === relation {
      table = known
    } else {
      table = try TableLayout(relation, catalog, options, descriptions[relation.oid])
      tables[relation.oid] = table
    }
    latest = table
    return table
  }

  /// The tables of a truncate whose changes are written.
  mutating func tables(of truncate: Truncate) throws(FormatError) -> [TableLayout<Scalar>] {
    var included: [TableLayout<Scalar>] = []
    for relation in truncate.relations {
      let layout = try table(relation)
      if layout.isIncluded { included.append(layout) }
    }
    return included
  }

  /// Appends a column with its value, if it has one.
  ///
  /// - Returns: Whether it has; also for a column that is no part of rows.
  @inline(__always) mutating func appendMember(
    _ index: Int, _ value: TupleColumn, of table: TableLayout<Scalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) -> Bool {
    if table.treatsColumns {
      return try appendTreated(index, value, of: table, at: lsn, to: &output)
    }
    return try appendPart(index, value, of: table, at: lsn, to: &output)
  }

  /// The same for a column that is a part in any case, as those of keys are.
  @inline(__always) mutating func appendPart(
    _ index: Int, _ value: TupleColumn, of table: TableLayout<Scalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) -> Bool {
    let column = table.columns[index]
    switch value {
    case .unchanged, .notSent:
      return false
    case .null:
      table.appendKey(of: column, to: &output)
      output.append(json: "null")
    case .text(let text):
      table.appendKey(of: column, to: &output)
      do throws(ValueError) {
        try append(text, index, column, table, to: &output)
      } catch {
        throw table.failure(error, index, at: lsn)
      }
    case .binary(let bytes):
      table.appendKey(of: column, to: &output)
      do throws(ValueError) {
        if column.isTextInBinary {
          try append(bytes, index, column, table, to: &output)
        } else {
          try append(binary: bytes, table.types[index], column, to: &output)
        }
      } catch {
        throw table.failure(error, index, at: lsn)
      }
    }
    return true
  }

  @inline(__always) private mutating func append(
    _ text: Span<UInt8>, _ index: Int, _ column: ColumnLayout<Scalar>,
    _ table: TableLayout<Scalar>, to output: inout OutputBuffer
  ) throws(ValueError) {
    budget.note(text.count)
    guard budget.allows(text.count, after: output.count) else {
      throw .tooLong(limit: budget.limit)
    }
    if column.isRewritten {
      try append(rewriting: text, table.types[index], column, to: &output)
    } else {
      do throws(UnexpectedText) {
        try values.append(text, as: column.format, to: &output)
      } catch {
        throw .text(error.reason)
      }
    }
    guard budget.allows(0, after: output.count) else { throw .tooLong(limit: budget.limit) }
  }

  private mutating func append(
    rewriting text: Span<UInt8>, _ type: PostgresType, _ column: ColumnLayout<Scalar>,
    to output: inout OutputBuffer
  ) throws(ValueError) {
    do throws(ValueError) {
      try values.append(
        rewriting: text, of: type, as: column.format, to: &output,
        room: budget.room(after: output.count))
    } catch {
      switch error {
      case .binary(.tooLong): throw .tooLong(limit: budget.limit)
      case .binary: throw .text(.malformed)
      default: throw error
      }
    }
  }

  private mutating func append(
    binary bytes: Span<UInt8>, _ type: PostgresType, _ column: ColumnLayout<Scalar>,
    to output: inout OutputBuffer
  ) throws(ValueError) {
    budget.note(bytes.count)
    do throws(ValueError) {
      try values.append(
        binary: bytes, of: type, as: column.format, to: &output,
        room: budget.room(after: output.count))
    } catch {
      if case .binary(.tooLong) = error { throw .tooLong(limit: budget.limit) }
      throw error
    }
    guard budget.allows(0, after: output.count) else { throw .tooLong(limit: budget.limit) }
  }
}
