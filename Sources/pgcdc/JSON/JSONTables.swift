import PGOutput
import PGWire

/// The tables that were met, and what writes the values of their columns.
struct JSONTables<Element: JSONElement> {
  /// By oid.
  private var tables: [UInt32: JSONTable<Element>] = [:]
  /// The table of the latest change, which most often is the next one's as well.
  private var latest: JSONTable<Element>?
  private var values = JSONValueWriter()
  private let catalog: TypeCatalog

  init(_ catalog: TypeCatalog) {
    self.catalog = catalog
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
      do throws(UnexpectedText) {
        try values.append(text, as: column.format, to: &output)
      } catch {
        throw table.failure(error, index, at: lsn)
      }
    case .binary(let bytes):
      table.appendKey(of: column, to: &output)
      do throws(PostgresValueError) {
        try values.append(
          binary: bytes, of: table.types[index], as: column.format, to: &output)
      } catch {
        throw table.failure(error, index, at: lsn)
      }
    }
    return true
  }
}

extension JSONTable {
  fileprivate func failure(
    _ error: UnexpectedText, _ index: Int, at lsn: LSN
  ) -> JSONFormatError {
    let (table, column) = (relation.qualifiedName, relation.columns[index].name)
    let type = relation.columns[index].type.description
    return error.isInexpressible
      ? .inexpressible(table: table, column: column, type: type, lsn: lsn)
      : .unexpectedText(table: table, column: column, type: type, lsn: lsn)
  }

  fileprivate func failure(
    _ error: PostgresValueError, _ index: Int, at lsn: LSN
  ) -> JSONFormatError {
    let (table, column) = (relation.qualifiedName, relation.columns[index].name)
    let type = types[index].description
    return switch error {
    case .unknownBinary: .unknownBinary(table: table, column: column, type: type, lsn: lsn)
    case .unknownType(let oid):
      .unknownType(oid: oid, table: table, column: column, type: type, lsn: lsn)
    case .outOfRange: .inexpressible(table: table, column: column, type: type, lsn: lsn)
    default: .unexpectedBinary(table: table, column: column, type: type, lsn: lsn)
    }
  }
}
