import PGOutput
import PGWire

/// Why a message could not be written as a line of JSON.
///
/// It names the place of a value and never the value itself.
enum JSONFormatError: Error, Hashable {
  /// The bytes are no pgoutput message, or not in their place.
  case decoding(PgOutputError)
  /// A value's text isn't what the server prints for the column's type.
  case unexpectedText(table: String, column: String, type: String, lsn: LSN)
  /// A value's bytes aren't what the server sends for the column's type.
  case unexpectedBinary(table: String, column: String, type: String, lsn: LSN)
  /// A value came in a binary form that isn't known, or doesn't tell the text.
  case unknownBinary(table: String, column: String, type: String, lsn: LSN)
}

extension JSONFormatError: CustomStringConvertible {
  var description: String {
    switch self {
    case .decoding(let error):
      error.description
    case .unexpectedText(let table, let column, let type, let lsn):
      "change at \(lsn): column \(column) of \(table) holds no text of type \(type)"
    case .unexpectedBinary(let table, let column, let type, let lsn):
      "change at \(lsn): column \(column) of \(table) holds no binary value of type \(type)"
    case .unknownBinary(let table, let column, let type, let lsn):
      "change at \(lsn): column \(column) of \(table), of type \(type), is binary, which doesn't "
        + "tell its text; stream without --binary"
    }
  }
}
