public import PGOutput
public import PGWire

/// Why a change could not be written.
///
/// It names the place of a value and never the value itself.
@nonexhaustive public enum FormatError: Error, Hashable {
  /// The bytes are not a pgoutput message, or not in their place.
  case decoding(PgOutputError)
  /// A column's value has no JSON.
  case value(Reason, table: String, column: String, type: String, lsn: LSN)
  /// The format has no way to say that a transaction may yet be rolled back.
  case provisional(PgOutputMessage.Kind, lsn: LSN)
  /// A column can't be what the options ask for; found where its table is first met.
  case column(ColumnRefusal, table: String, column: String)

  /// Why a column can't be what the options ask for.
  @nonexhaustive public enum ColumnRefusal: Hashable, Sendable {
    /// It is to be part of the records' keys, and the stream has no such column.
    case missingFromKey
    /// It is to be part of the records' keys, and deletions don't have it.
    case outsideIdentity
    /// It is part of a key, and is to be changed: left out, masked, hashed or truncated, which is
    /// the text.
    case isKey(String)
    /// It is to be truncated, and its type, which is the text, has no values that are a part of
    /// others.
    case notText(String)
    /// A rule names it, and the stream has no such column.
    case missing
  }

  /// Why a value could not be written.
  @nonexhaustive public enum Reason: Hashable, Sendable {
    /// The text isn't what the server prints for the column's type.
    case unexpectedText
    /// The bytes aren't what the server sends for the column's type.
    case unexpectedBinary
    /// It came in a binary form that isn't known, or doesn't say the text.
    case unknownBinary
    /// It, or a field in it, came in the binary form of a type that isn't known.
    case unknownType(oid: UInt32)
    /// The format has no way to say it.
    case inexpressible
    /// The text isn't UTF-8.
    case notUTF8
    /// With it the line would have more bytes than that.
    case tooLong(limit: Int)
    /// It is part of a record's key, and the server hasn't sent it.
    case keyNotSent
    /// It is to be hashed, which OpenSSL refuses.
    case notHashed(reason: String)
  }
}

extension FormatError: CustomStringConvertible {
  public var description: String { remedy.map { "\(facts); \($0)" } ?? facts }

  /// What failed, and where.
  package var facts: String {
    switch self {
    case .decoding(let error):
      error.description
    case .value(let reason, let table, let column, let type, let lsn):
      "change at \(lsn): column \(column) of \(table)" + reason.facts(type)
    case .provisional(.beginPrepare, let lsn):
      "prepared transaction at \(lsn): Debezium's events can't say that it may yet be rolled back"
    case .provisional(let kind, let lsn):
      "\(kind) at \(lsn): Debezium's events can't say that what is in it may yet be rolled back"
    case .column(let refusal, let table, let column):
      "column \(column) of \(table) " + refusal.facts
    }
  }

  /// How to fix it.
  private var remedy: String? {
    switch self {
    case .value(.unknownBinary, _, _, _, _), .value(.unknownType, _, _, _, _):
      "stream with values as text"
    case .value(.inexpressible, _, _, _, _): "use JSONLineFormat"
    case .value(.notUTF8, _, _, _, _):
      "store it as bytea, or leave the column out of the publication (server 15)"
    case .value(.tooLong, _, _, _, _):
      "raise maxLineBytes, or leave the column out of the publication (server 15)"
    case .provisional(.beginPrepare, _): "use JSONLineFormat, or a slot without two_phase"
    case .column(let refusal, _, _): refusal.remedy
    case .value, .decoding, .provisional: nil
    }
  }
}

extension FormatError.ColumnRefusal {
  fileprivate var facts: String {
    switch self {
    case .missingFromKey: "is to be part of the records' key, but the stream has no such column"
    case .outsideIdentity:
      "is to be part of the records' key, but is not part of the replica identity, so deletions "
        + "don't have it"
    case .isKey(let words): "is part of the table's key, so it can't be \(words)"
    case .notText(let type): "has the type \(type), which can't be truncated"
    case .missing: "is named by a rule, but the stream has no such column"
    }
  }

  fileprivate var remedy: String {
    switch self {
    case .missingFromKey: "choose a column that is published"
    case .outsideIdentity: "choose others, or use ALTER TABLE … REPLICA IDENTITY FULL"
    case .isKey: "leave the rule out, or leave out the table"
    case .notText: "mask or hash it"
    case .missing: "correct the rule, or leave it out"
    }
  }
}

extension FormatError.Reason {
  fileprivate func facts(_ type: String) -> String {
    switch self {
    case .unexpectedText: " holds no text of type \(type)"
    case .unexpectedBinary: " holds no binary value of type \(type)"
    case .unknownBinary: ", of type \(type), is binary, which doesn't tell its text"
    case .unknownType(let oid):
      ", of type \(type), holds a binary value of the type with oid \(oid), which was dropped, or "
        + "whose transaction other sessions don't see yet"
    case .inexpressible:
      " holds a value of type \(type) that Debezium's events can't express, such as NaN"
    case .notUTF8: " holds a value of type \(type) that isn't UTF-8, which JSON can't hold"
    case .tooLong(let limit): ", of type \(type), makes a line of more than \(limit) bytes"
    case .keyNotSent:
      ", of type \(type), is part of the record's key, but the server hasn't sent it"
    case .notHashed(let reason): " can't be hashed (HMAC-SHA-256): \(reason)"
    }
  }
}
