import PGOutput
import PGWire

/// Why the text of a value can't be written.
struct UnexpectedText: Error {
  enum Reason {
    /// It isn't what the server prints for the type.
    case malformed
    /// It is, but the format has no way to say it.
    case inexpressible
    /// It isn't UTF-8, which all JSON is.
    case notUTF8
  }

  var reason = Reason.malformed
}

/// Why a value can't be written.
enum ValueError: Error {
  case text(UnexpectedText.Reason)
  case binary(PostgresValueError)
  /// The line would have more bytes than that.
  case tooLong(limit: Int)
  /// It is part of a record's key, and wasn't sent.
  case keyNotSent
  /// It is to be hashed, which OpenSSL refuses.
  case notHashed(CryptoError)
}
