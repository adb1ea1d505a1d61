/// What the server says went wrong, or wants noticed, with every field that it sent.
///
///     ErrorResponse   E | length 4 | { code 1 | text … 0 } … | 0
///     NoticeResponse  N | the same
///
/// Distinguish errors by ``sqlState``; the message follows the server's `lc_messages`.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-error-fields.html>
public struct ServerError: Error, Hashable, Sendable {
  /// A field's code on the wire.
  @nonexhaustive public enum Field: Character, Hashable, Sendable, CaseIterable {
    case localizedSeverity = "S"
    case severity = "V"
    case sqlState = "C"
    case message = "M"
    case detail = "D"
    case hint = "H"
    case position = "P"
    case internalPosition = "p"
    case internalQuery = "q"
    case `where` = "W"
    case schema = "s"
    case table = "t"
    case column = "c"
    case dataType = "d"
    case constraint = "n"
    case file = "F"
    case line = "L"
    case routine = "R"
  }

  /// The fields that are there.
  private let fields: [Field: String]
  /// The command that the server was executing when it reported the error; `nil` if that decides
  /// nothing.
  public let command: CommandInFlight?

  /// An error with these fields, for tests and simulated servers.
  public init(_ fields: [Field: String], during command: CommandInFlight? = nil) {
    self.fields = fields
    self.command = command
  }

  /// The same error, with the command that the server was executing.
  public func during(_ command: CommandInFlight?) -> ServerError {
    ServerError(fields, during: command)
  }

  /// The text of a field, if the server sent it.
  public subscript(field: Field) -> String? { fields[field] }
}

extension ServerError {
  /// `ERROR`, `FATAL`, `PANIC`, or a notice's level, always in English; may be empty.
  public var severity: String { self[.severity] ?? localizedSeverity }
  /// The severity in the server's language.
  public var localizedSeverity: String { self[.localizedSeverity] ?? "" }
  /// The code that identifies the kind of the error.
  public var sqlState: SQLState { SQLState(rawValue: self[.sqlState] ?? "") }
  /// The error in one line, in the server's language.
  public var message: String { self[.message] ?? "" }
  /// More about the error; may hold values of a row.
  public var detail: String? { self[.detail] }
  /// How the error may be fixed.
  public var hint: String? { self[.hint] }
  /// Where in the query that we sent, in characters from 1.
  public var position: Int? { number(.position) }
  /// Where in ``internalQuery``, in characters from 1.
  public var internalPosition: Int? { number(.internalPosition) }
  /// A query that the server made up itself and that failed.
  public var internalQuery: String? { self[.internalQuery] }
  /// What was being done; for a decoding error the slot, the callback and the LSN.
  public var `where`: String? { self[.where] }
  /// The schema that the error is about.
  public var schema: String? { self[.schema] }
  /// The table that the error is about.
  public var table: String? { self[.table] }
  /// The column that the error is about.
  public var column: String? { self[.column] }
  /// The data type that the error is about.
  public var dataType: String? { self[.dataType] }
  /// The constraint that the error is about.
  public var constraint: String? { self[.constraint] }
  /// The file of the server's source that reports the error.
  public var file: String? { self[.file] }
  /// The line in ``file``.
  public var line: Int? { number(.line) }
  /// The function in ``file``.
  public var routine: String? { self[.routine] }

  /// The bytes of all texts.
  var size: Int { fields.values.reduce(0) { $0 + $1.utf8.count } }

  private func number(_ field: Field) -> Int? {
    self[field].flatMap { Int($0) }
  }
}
