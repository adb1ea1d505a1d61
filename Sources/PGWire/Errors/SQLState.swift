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
  public static let protocolViolation = SQLState("08P01")
  public static let featureNotSupported = SQLState("0A000")
  public static let invalidParameterValue = SQLState("22023")
  public static let activeSQLTransaction = SQLState("25001")
  public static let idleInTransactionSessionTimeout = SQLState("25P03")
  public static let transactionTimeout = SQLState("25P04")
  public static let invalidAuthorizationSpecification = SQLState("28000")
  public static let invalidPassword = SQLState("28P01")
  public static let invalidCatalogName = SQLState("3D000")
  public static let serializationFailure = SQLState("40001")
  public static let insufficientPrivilege = SQLState("42501")
  public static let syntaxError = SQLState("42601")
  public static let invalidName = SQLState("42602")
  public static let undefinedColumn = SQLState("42703")
  public static let undefinedTable = SQLState("42P01")
  public static let undefinedObject = SQLState("42704")
  public static let duplicateObject = SQLState("42710")
  public static let undefinedFunction = SQLState("42883")
  public static let diskFull = SQLState("53100")
  public static let outOfMemory = SQLState("53200")
  public static let tooManyConnections = SQLState("53300")
  public static let configurationLimitExceeded = SQLState("53400")
  public static let objectNotInPrerequisiteState = SQLState("55000")
  /// Another walsender holds the slot.
  public static let objectInUse = SQLState("55006")
  /// A lock was not granted at once, or within `lock_timeout`.
  public static let lockNotAvailable = SQLState("55P03")
  public static let queryCanceled = SQLState("57014")
  public static let adminShutdown = SQLState("57P01")
  public static let crashShutdown = SQLState("57P02")
  public static let cannotConnectNow = SQLState("57P03")
  public static let databaseDropped = SQLState("57P04")
  public static let idleSessionTimeout = SQLState("57P05")
  public static let ioError = SQLState("58030")
  /// Also a WAL segment that has been removed already.
  public static let undefinedFile = SQLState("58P01")
  public static let internalError = SQLState("XX000")
  public static let dataCorrupted = SQLState("XX001")
  public static let indexCorrupted = SQLState("XX002")
}
