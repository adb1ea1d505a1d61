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
    /// The severity, in the server's language.
    case localizedSeverity = "S"
    /// The severity, never translated: `ERROR`, `FATAL`, `PANIC`, `WARNING` and so on.
    case severity = "V"
    /// The code, as ``SQLState`` has it.
    case sqlState = "C"
    /// The message.
    case message = "M"
    /// More about the problem.
    case detail = "D"
    /// What the server proposes to do.
    case hint = "H"
    /// Where in the statement the problem is, in characters from 1.
    case position = "P"
    /// Where in ``internalQuery`` the problem is, in characters from 1.
    case internalPosition = "p"
    /// A statement that the server itself made, in a function for example.
    case internalQuery = "q"
    /// The context in which it happened, a trace of calls for example.
    case `where` = "W"
    /// The schema of the object that it is about.
    case schema = "s"
    /// The table that it is about.
    case table = "t"
    /// The column that it is about.
    case column = "c"
    /// The data type that it is about.
    case dataType = "d"
    /// The constraint that it is about.
    case constraint = "n"
    /// The file of the server's source that reported it.
    case file = "F"
    /// The line in that file.
    case line = "L"
    /// The function of the server's source that reported it.
    case routine = "R"
  }

  /// The fields that are there.
  private let fields: [Field: String]
  /// The command that the server was executing when it reported the error; `nil` if that decides
  /// nothing.
  package let command: CommandInFlight?

  /// An error with these fields, for tests and simulated servers.
  public init(_ fields: [Field: String]) {
    self.init(fields, during: nil)
  }

  /// An error with these fields, reported while the server was executing a command.
  package init(_ fields: [Field: String], during command: CommandInFlight?) {
    self.fields = fields
    self.command = command
  }

  /// The same error, with the command that the server was executing.
  package func during(_ command: CommandInFlight?) -> ServerError {
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
