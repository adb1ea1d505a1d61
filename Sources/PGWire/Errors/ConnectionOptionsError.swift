/// Why a connection string, the environment or an argument can't be used to connect.
///
/// The description names the key or part and how to fix it. It never repeats a value, which might
/// be the password or a piece of it, nor the string.
@nonexhaustive public enum ConnectionOptionsError: Error, Hashable, Sendable {
  /// No host was given; none is guessed.
  case missingHost
  /// No user was given; the operating system's is not taken instead.
  case missingUser
  /// A key that libpq does not know either.
  case unknownKey(String)
  /// A key, or environment variable, that this library does not support yet.
  ///
  /// The values in `accepted` ask for nothing beyond what is done anyway, so they may stay.
  case unsupportedKey(String, accepted: [String])
  /// A key that the caller can't set.
  case reservedKey(String)
  /// A key, or environment variable, with an invalid value.
  case invalidValue(String, expected: String)
  /// No service file has a group of this name.
  case serviceMissing(String)
  /// The service file that was named can't be read.
  case serviceFileMissing(String)
  /// A line of a service file that is not `key=value` with an allowed key.
  case serviceFile(String, line: Int)
  /// A string that is neither a URI nor `key=value`.
  case malformed(Flaw)

  /// What is wrong with the form of a connection string; offsets count its bytes from 0.
  @nonexhaustive public enum Flaw: Hashable, Sendable {
    /// The key at this byte has no `=` after it.
    case missingEqualsSign(offset: Int)
    /// The parameter of a URI at this byte has a second `=`.
    case extraEqualsSign(offset: Int)
    /// The text in a key's place is not repeated: it may be a piece of a password.
    case notAKey(offset: Int)
    /// The value of the key at this byte has no closing quote.
    case unterminatedQuote(offset: Int)
    /// The host of a URI begins with `[` and has no `]`.
    case unterminatedBracket
    /// There is no address between `[` and `]`.
    case emptyBrackets
    /// Something else than `:port`, `/` or `?` follows the `]` of a host.
    case textAfterBracket
    /// An `@` is where none may be.
    case strayAtSign
    /// This part of a URI has an invalid percent-encoding.
    case percentEncoding(part: String)
    /// This part of a URI has a space.
    case space(part: String)
    /// This part of the string has a zero byte.
    case zeroByte(part: String)
  }
}

extension ConnectionOptionsError: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .missingHost:
      """
      no host is given: name one in the connection string (host=…, postgresql://user@host/…) or in \
      PGHOST; for a Unix socket give its directory
      """
    case .missingUser:
      """
      no user is given: name one in the connection string (user=…, postgresql://user@host/…) or in \
      PGUSER
      """
    case .unknownKey(let key):
      "\"\(key)\" is not a connection parameter; see the list in PostgreSQL's manual under libpq"
    case .unsupportedKey(let key, let accepted) where accepted.isEmpty:
      "\(key) is not supported yet; leave it out or empty"
    case .unsupportedKey(let key, let accepted):
      """
      \(key) is not supported yet beyond \(accepted.joined(separator: ", ")); leave it out or use \
      that
      """
    case .reservedKey(let key):
      "\(key) can't be set: the replication mode follows from what the connection is for"
    case .invalidValue(let key, let expected):
      "\(key) has an invalid value; expected \(expected)"
    case .serviceMissing(let name):
      """
      no definition of the service "\(name)": name the file that has it in servicefile or \
      PGSERVICEFILE, or its directory in PGSYSCONFDIR
      """
    case .serviceFileMissing(let path): "the service file \(path) can't be read"
    case .serviceFile(let path, let line):
      """
      line \(line) of the service file \(path) is not key=value with a connection parameter; there \
      are no spaces around the equals sign, and service and servicefile can't be there
      """
    case .malformed(let flaw):
      "malformed connection string: \(flaw)"
    }
  }
}

extension ConnectionOptionsError.Flaw: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missingEqualsSign(let offset):
      """
      no \"=\" after the key at byte \(offset); it is key=value pairs or a URI that starts with \
      postgresql://, and a value with spaces needs single quotes
      """
    case .extraEqualsSign(let offset):
      "a second \"=\" in the parameter at byte \(offset); inside a value write %3D"
    case .notAKey(let offset):
      """
      no known key at byte \(offset); it is key=value pairs or a URI that starts with \
      postgresql://, and a value with spaces needs single quotes
      """
    case .unterminatedQuote(let offset):
      "the value of the key at byte \(offset) has no closing quote; inside a value write \\'"
    case .unterminatedBracket: "the host's \"[\" has no \"]\""
    case .emptyBrackets: "no IPv6 address between \"[\" and \"]\""
    case .textAfterBracket: "only \":port\", \"/\" or \"?\" may follow the host's \"]\""
    case .strayAtSign:
      "an unexpected \"@\"; inside a user, password or name write %40, and %2F for \"/\""
    case .percentEncoding(let part): "a bad percent-encoding in \(part); for \"%\" itself write %25"
    case .space(let part): "a space in \(part); write %20"
    case .zeroByte(let part): "a zero byte in \(part)"
    }
  }
}
