import PGOutput
import PGWire

/// The tables that were met, and what writes the values of their columns.
struct JSONTables<Element: JSONElement> {
  /// By oid.
  private var tables: [UInt32: JSONTable<Element>] = [:]
  /// The table of the latest change, which most often is the next one's as well.
  private var latest: JSONTable<Element>?
  private var values: JSONValueWriter
  private var budget: LineBudget
  private let catalog: TypeCatalog
  private let options: LineOptions

  init(_ catalog: TypeCatalog, _ options: LineOptions) {
    self.catalog = catalog
    self.options = options
    values = JSONValueWriter(options, catalog.style)
    budget = LineBudget(start: 0, options)
  }

  /// Notes that another line begins at the end of what there is.
  mutating func beginLine(after output: [UInt8]) {
    budget = LineBudget(start: output.count, options)
  }

  /// What is the same in all lines of a relation.
  mutating func table(_ relation: Relation) -> JSONTable<Element> {
    if let latest, latest.relation === relation { return latest }
    let table: JSONTable<Element>
    if let known = tables[relation.oid], known.relation === relation {
      table = known
    } else {
      table = JSONTable(relation, catalog)
      tables[relation.oid] = table
    }
    latest = table
    return table
  }

  /// Appends a column with its value, if it has one.
  ///
  /// - Returns: Whether it has.
  mutating func appendMember(
    _ index: Int, _ value: TupleColumn, of table: JSONTable<Element>, at lsn: LSN,
    to output: inout [UInt8]
  ) throws(JSONFormatError) -> Bool {
    let column = table.columns[index]
    switch value {
    case .unchanged, .notSent:
      return false
    case .null:
      table.appendKey(of: column, to: &output)
      output.append(json: "null")
    case .text(let text):
      table.appendKey(of: column, to: &output)
      do throws(JSONValueError) {
        try append(text, table.types[index], column, to: &output)
      } catch {
        throw table.failure(error, index, at: lsn)
      }
    case .binary(let bytes):
      table.appendKey(of: column, to: &output)
      do throws(JSONValueError) {
        try append(binary: bytes, table.types[index], column, to: &output)
      } catch {
        throw table.failure(error, index, at: lsn)
      }
    }
    return true
  }

  private mutating func append(
    _ text: Span<UInt8>, _ type: PostgresType, _ column: JSONColumn<Element>,
    to output: inout [UInt8]
  ) throws(JSONValueError) {
    budget.note(text.count)
    let room = budget.room(after: output.count)
    guard text.count <= room else { throw .tooLong(limit: budget.limit) }
    if column.isRewritten {
      do throws(JSONValueError) {
        try values.append(rewriting: text, of: type, as: column.format, to: &output, room: room)
      } catch {
        switch error {
        case .binary(.tooLong): throw .tooLong(limit: budget.limit)
        case .binary: throw .text(.malformed)
        default: throw error
        }
      }
    } else {
      do throws(UnexpectedText) {
        try values.append(text, as: column.format, to: &output)
      } catch {
        throw .text(error.reason)
      }
    }
    guard budget.room(after: output.count) >= 0 else { throw .tooLong(limit: budget.limit) }
  }

  private mutating func append(
    binary bytes: Span<UInt8>, _ type: PostgresType, _ column: JSONColumn<Element>,
    to output: inout [UInt8]
  ) throws(JSONValueError) {
    budget.note(bytes.count)
    do throws(JSONValueError) {
      try values.append(
        binary: bytes, of: type, as: column.format, to: &output,
        room: budget.room(after: output.count))
    } catch {
      if case .binary(.tooLong) = error { throw .tooLong(limit: budget.limit) }
      throw error
    }
    guard budget.room(after: output.count) >= 0 else { throw .tooLong(limit: budget.limit) }
  }
}

extension JSONTable {
  fileprivate func failure(
    _ error: JSONValueError, _ index: Int, at lsn: LSN
  ) -> JSONFormatError {
    let reason: JSONFormatError.Reason =
      switch error {
      case .text(.malformed): .unexpectedText
      case .text(.inexpressible), .binary(.outOfRange): .inexpressible
      case .text(.notUTF8): .notUTF8
      case .tooLong(let limit): .tooLong(limit: limit)
      case .binary(.unknownBinary): .unknownBinary
      case .binary(.unknownType(let oid)): .unknownType(oid: oid)
      case .binary: .unexpectedBinary
      }
    let isText = if case .text = error { true } else { false }
    return .value(
      reason, table: relation.qualifiedName, column: relation.columns[index].name,
      type: isText ? relation.columns[index].type.description : types[index].description, lsn: lsn)
  }
}
