public import PGWire

/// What becomes of a column's values.
@nonexhaustive public enum ColumnTreatment: Sendable {
  /// They are written.
  case asIs
  /// The column is no part of rows.
  case leftOut
  /// Each is replaced with this text, NULL and values that weren't sent included.
  case masked(with: String)
  /// Each is replaced with its HMAC-SHA-256, in 64 hexadecimal digits; NULL stays NULL.
  ///
  /// The hash is that of the value's text as PostgreSQL prints it, so that the same values have the
  /// same hash: `encode(hmac(column::text, key, 'sha256'), 'hex')` with the extension pgcrypto.
  /// OpenSSL allocates memory for each value.
  case hashed(key: Password)
  /// Each is cut off after this number of characters; only for types that are text.
  case truncated(to: Int)
}

extension ColumnTreatment {
  /// Whether the values are written as they are.
  var isNone: Bool { if case .asIs = self { true } else { false } }

  /// What was asked for, in words that follow "is".
  var words: String {
    switch self {
    case .asIs: "written"
    case .leftOut: "left out"
    case .masked: "masked"
    case .hashed: "hashed"
    case .truncated: "truncated"
    }
  }
}
