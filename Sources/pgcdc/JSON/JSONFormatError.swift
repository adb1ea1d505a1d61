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
  /// A value, or a field in it, came in the binary form of a type that isn't known.
  case unknownType(oid: UInt32, table: String, column: String, type: String, lsn: LSN)
  /// The format has no way to say the value.
  case inexpressible(table: String, column: String, type: String, lsn: LSN)
  /// The format has no way to say that a transaction may yet be rolled back.
  case provisional(PgOutputMessage.Kind, lsn: LSN)
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
    case .unknownType(let oid, let table, let column, let type, let lsn):
      "change at \(lsn): column \(column) of \(table), of type \(type), holds a binary value of "
        + "the type with oid \(oid), which isn't known or has been dropped; stream without --binary"
    case .inexpressible(let table, let column, let type, let lsn):
      "change at \(lsn): column \(column) of \(table) holds a value of type \(type) that "
        + "Debezium's events can't express, such as NaN; stream with --format json"
    case .provisional(.beginPrepare, let lsn):
      "prepared transaction at \(lsn): Debezium's events can't say that it may yet be rolled back; "
        + "stream with --format json, or from a slot without two_phase"
    case .provisional(let kind, let lsn):
      "\(kind) at \(lsn): Debezium's events can't say that what is in it may yet be rolled back"
    }
  }
}
