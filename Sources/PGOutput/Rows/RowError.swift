public import PGWire

/// Why a column of a row could not be decoded.
///
/// It names the place; the description contains no row data. The bytes of the value are in
/// ``bytes``.
public struct RowError: Error, Hashable, Sendable {
  /// The table, with its schema.
  public let table: String
  /// The column's name, or the name or index that was asked for.
  public let column: String
  /// The column's type; `nil` if there is no such column.
  public let type: PostgresType?
  /// The position of the change.
  public let lsn: LSN
  /// What is wrong with it.
  public let reason: Reason
  /// The value as it was sent, if there was one.
  public let bytes: [UInt8]?

  /// What is wrong with the column.
  @nonexhaustive public enum Reason: Hashable, Sendable {
    /// The relation has no such column, or it isn't published.
    case noSuchColumn
    /// It is NULL, and the Swift type has no place for that.
    case null(Swift: String)
    /// It wasn't sent, since the update didn't touch it; it isn't NULL.
    case unchanged
    /// It wasn't sent, since it isn't part of the key; it isn't NULL.
    case notSent
    /// The value can't become one of the Swift type.
    case value(PostgresValueError, Swift: String)
  }

  init(
    table: String, column: String, type: PostgresType?, lsn: LSN, reason: Reason, bytes: [UInt8]?
  ) {
    self.table = table
    self.column = column
    self.type = type
    self.lsn = lsn
    self.reason = reason
    self.bytes = bytes
  }
}

extension RowError: CustomStringConvertible, CustomDebugStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    let typed = type.map { ", of type \($0)," } ?? ""
    return "change at \(lsn): column \(column) of \(table)\(typed) \(explanation)"
  }

  /// The same as ``description``; row data is only in ``bytes``.
  public var debugDescription: String { description }

  private var explanation: String {
    switch reason {
    case .noSuchColumn: "does not exist, or is not published"
    case .null(let swift): "is NULL, which \(swift) can't hold; \(swift)? can"
    case .unchanged:
      "was not sent, since the update left it unchanged; ask for a ColumnValue, or make the "
        + "table's REPLICA IDENTITY FULL"
    case .notSent:
      "was not sent, since only the key of the old row was; ask for a ColumnValue, or make "
        + "the table's REPLICA IDENTITY FULL"
    case .value(.malformed, _): "holds what no server prints or sends for that type"
    case .value(.outOfRange, let swift): "has a value that \(swift) can't hold without loss"
    case .value(.wrongType, let swift): "can't be decoded to \(swift), which is for other types"
    case .value(.unknownBinary, _), .value(.unknownType, _):
      "is binary, in a form that is not known; stream without binary, or give a TypeCatalog that "
        + "has the type"
    case .value(.tooLong(let limit), _):
      "would have more than \(limit) bytes as text; decode it to the type of its parts, such as "
        + "PostgresComposite, or ask PostgresType.appendText for more"
    case .value(.nullElement, let swift): "has an element that is NULL, which \(swift) can't hold"
    }
  }
}
