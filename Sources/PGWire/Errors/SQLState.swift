/// The five characters that identify the kind of a PostgreSQL error, in any language.
///
/// The first two name the class. Many conditions share a code, so that what an error means may
/// also depend on the command in flight.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/errcodes-appendix.html>
public struct SQLState: RawRepresentable, Hashable, Sendable {
  /// The code as the server sent it; empty if it sent none.
  public let rawValue: String

  /// Any text: what a server sends is kept as it is.
  public init(rawValue: String) {
    self.rawValue = rawValue
  }

  private init(_ rawValue: String) {
    self.rawValue = rawValue
  }

  /// The first two characters, which all codes of a class share: `28` for authorization.
  public var classCode: String { String(rawValue.prefix(2)) }
}

extension SQLState: CustomStringConvertible {
  public var description: String { rawValue }
}

/// Codes that a replication client meets.
extension SQLState {
  /// `08P01`: a message breaks the rules of the protocol.
  public static let protocolViolation = SQLState("08P01")
  /// `0A000`: the server does not support what was asked for.
  public static let featureNotSupported = SQLState("0A000")
  /// `22023`: a parameter has an invalid value.
  public static let invalidParameterValue = SQLState("22023")
  /// `25001`: the command can't run in a transaction.
  public static let activeSQLTransaction = SQLState("25001")
  /// `25P03`: `idle_in_transaction_session_timeout` ended the session.
  public static let idleInTransactionSessionTimeout = SQLState("25P03")
  /// `25P04`: `transaction_timeout` ended the session; since server 17.
  public static let transactionTimeout = SQLState("25P04")
  /// `28000`: the server does not let this user in, `pg_hba.conf` for example.
  public static let invalidAuthorizationSpecification = SQLState("28000")
  /// `28P01`: the password is wrong.
  public static let invalidPassword = SQLState("28P01")
  /// `3D000`: there is no database of this name.
  public static let invalidCatalogName = SQLState("3D000")
  /// `40001`: the transaction conflicts with another, or with recovery on a standby.
  public static let serializationFailure = SQLState("40001")
  /// `42501`: a privilege is missing.
  public static let insufficientPrivilege = SQLState("42501")
  /// `42601`: the statement could not be parsed.
  public static let syntaxError = SQLState("42601")
  /// `42602`: a name is not allowed, that of a slot for example.
  public static let invalidName = SQLState("42602")
  /// `42703`: there is no such column.
  public static let undefinedColumn = SQLState("42703")
  /// `42P01`: there is no such table.
  public static let undefinedTable = SQLState("42P01")
  /// `42704`: there is no such object, a slot or publication for example.
  public static let undefinedObject = SQLState("42704")
  /// `42710`: an object of this name exists already.
  public static let duplicateObject = SQLState("42710")
  /// `42883`: there is no such function.
  public static let undefinedFunction = SQLState("42883")
  /// `53100`: the server's disk is full.
  public static let diskFull = SQLState("53100")
  /// `53200`: the server is out of memory.
  public static let outOfMemory = SQLState("53200")
  /// `53300`: the server has no free place for a connection or a walsender.
  public static let tooManyConnections = SQLState("53300")
  /// `53400`: a limit of the configuration is reached, `max_replication_slots` for example.
  public static let configurationLimitExceeded = SQLState("53400")
  /// `55000`: the object is not in the state that the command needs.
  public static let objectNotInPrerequisiteState = SQLState("55000")
  /// Another walsender holds the slot.
  public static let objectInUse = SQLState("55006")
  /// A lock was not granted at once, or within `lock_timeout`.
  public static let lockNotAvailable = SQLState("55P03")
  /// `57014`: the statement was cancelled, by a request or a timeout.
  public static let queryCanceled = SQLState("57014")
  /// `57P01`: the server is being shut down, or the session was terminated.
  public static let adminShutdown = SQLState("57P01")
  /// `57P02`: the server ends all sessions because another process crashed.
  public static let crashShutdown = SQLState("57P02")
  /// `57P03`: the server is starting, recovering or shutting down.
  public static let cannotConnectNow = SQLState("57P03")
  /// `57P04`: the session's database was dropped.
  public static let databaseDropped = SQLState("57P04")
  /// `57P05`: `idle_session_timeout` ended the session.
  public static let idleSessionTimeout = SQLState("57P05")
  /// `58030`: the server could not read or write a file.
  public static let ioError = SQLState("58030")
  /// Also a WAL segment that has been removed already.
  public static let undefinedFile = SQLState("58P01")
  /// `XX000`: an error inside the server.
  public static let internalError = SQLState("XX000")
  /// `XX001`: data on disk is damaged.
  public static let dataCorrupted = SQLState("XX001")
  /// `XX002`: an index is damaged.
  public static let indexCorrupted = SQLState("XX002")
}
