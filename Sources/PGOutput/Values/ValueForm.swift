import CDCTime

/// The two forms in which values are sent, and how the parts of containers are read from each.
enum ValueForm {
  case text
  case binary
}

extension Span<UInt8> {
  /// Reads a range and passes its bounds, those that it has.
  func readRange(
    _ form: ValueForm, lower: (Span<UInt8>) throws(PostgresValueError) -> Void,
    upper: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) -> RangeFlags {
    guard form == .text else { return try readRange(lower: lower, upper: upper) }
    var rest = self
    let flags = try rest.takeRange(lower: lower, upper: upper)
    guard rest.isEmpty else { throw .malformed }
    return flags
  }

  /// Reads a multirange and passes its ranges.
  func forEachOfMultirange(
    _ form: ValueForm, _ body: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    guard form == .text else { return try forEachOfMultirange(body) }
    var rest = self
    guard rest.take("{") else { throw .malformed }
    if !rest.take("}") {
      repeat {
        var end = rest
        _ = try end.takeRange { _ in
        } upper: { _ in
        }
        let length = rest.count - end.count
        try body(rest.extracting(first: length))
        rest = end
      } while rest.take(",")
      guard rest.take("}") else { throw .malformed }
    }
    guard rest.isEmpty else { throw .malformed }
  }

  /// Reads a composite and passes its fields; in text they have no types.
  func forEachField(
    _ form: ValueForm, _ body: (_ oid: UInt32?, Span<UInt8>) throws(PostgresValueError) -> Void,
    null: () throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    switch form {
    case .text:
      try forEachField { text throws(PostgresValueError) in
        try body(nil, text)
      } null: {
        () throws(PostgresValueError) in
        try null()
      }
    case .binary:
      try forEachField { (oid, bytes) throws(PostgresValueError) in
        try body(oid, bytes)
      } null: {
        (_) throws(PostgresValueError) in
        try null()
      }
    }
  }
}

extension ArrayReader {
  /// Passes all elements in their order.
  mutating func read(
    _ bytes: Span<UInt8>, _ form: ValueForm, null: () throws(PostgresValueError) -> Void,
    value: (Span<UInt8>) throws(PostgresValueError) -> Void
  ) throws(PostgresValueError) {
    switch form {
    case .text: try read(bytes, null: null, value: value)
    case .binary: try read(binary: bytes, null: null, value: value)
    }
  }
}
