import CDCTime
import PGWire

extension PostgresType {
  /// Appends the text that the server would print for a value that it has sent in binary.
  ///
  /// The text is that of a stream's settings: ISO dates in UTC, shortest exact digits, amounts of
  /// money in the locale `C`.
  ///
  /// - Throws: ``PostgresValueError``; then a part of the text may have been appended. Types whose
  ///   text the binary form doesn't tell are ``PostgresValueError/unknownBinary``: those that are
  ///   known by name alone, and `regclass` and its like, which are sent as an oid.
  public func appendText(
    ofBinary bytes: Span<UInt8>, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    switch self {
    case .builtin(let type):
      if let bound = rangeBound {
        try bound.appendText(ofRange: bytes, to: &output)
      } else if let bound = multirangeBound {
        try bound.appendText(ofMultirange: bytes, to: &output)
      } else {
        try type.appendText(ofBinary: bytes, to: &output)
      }
    case .array(let element, let delimiter):
      try element.appendText(ofArray: bytes, delimiter: delimiter, to: &output)
    case .range(_, let bound): try bound.appendText(ofRange: bytes, to: &output)
    case .multirange(_, let bound): try bound.appendText(ofMultirange: bytes, to: &output)
    case .composite(_, let fields, let catalog):
      try bytes.appendComposite(fields, catalog, to: &output)
    case .hstore:
      try PostgresHstore(postgresBinary: bytes, type: self).appendPostgresText(to: &output)
    case .enumeration, .text: output.append(bytes)
    case .versionedText: try bytes.appendVersionedText(to: &output)
    case .named: throw .unknownBinary
    case .unknown(let oid): throw .unknownType(oid: oid)
    }
  }

  private func appendText(
    ofRange bytes: Span<UInt8>, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    var (lower, upper): ([UInt8], [UInt8]) = ([], [])
    let flags = try bytes.readRange { bytes throws(PostgresValueError) in
      try appendText(ofBinary: bytes, to: &lower)
    } upper: { bytes throws(PostgresValueError) in
      try appendText(ofBinary: bytes, to: &upper)
    }
    try output.append(range: flags) {
      $0 += lower
    } upper: {
      $0 += upper
    }
  }

  private func appendText(
    ofMultirange bytes: Span<UInt8>, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    output.append(UInt8(ascii: "{"))
    try bytes.forEachOfMultirange { bytes throws(PostgresValueError) in
      if output.last != UInt8(ascii: "{") { output.append(UInt8(ascii: ",")) }
      try appendText(ofRange: bytes, to: &output)
    }
    output.append(UInt8(ascii: "}"))
  }

  private func appendText(
    ofArray bytes: Span<UInt8>, delimiter: UInt8, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    var reader = ArrayReader(delimiter: delimiter)
    var texts: [UInt8] = []
    // Where each text ends; NULL ends before it begins.
    var ends: [Int] = []
    try reader.read(binary: bytes) {
      ends.append(-1)
    } value: { bytes throws(PostgresValueError) in
      try appendText(ofBinary: bytes, to: &texts)
      ends.append(texts.count)
    }
    var start = 0
    try output.append(arrayOf: reader.dimensions, delimiter: delimiter) { index, output in
      guard ends[index] >= 0 else { return false }
      output += texts[start..<ends[index]]
      start = ends[index]
      return true
    }
  }
}

extension Span<UInt8> {
  fileprivate func appendComposite(
    _ fields: [PostgresType.Field], _ catalog: TypeCatalog, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    var index = 0
    output.append(UInt8(ascii: "("))
    try forEachField { (oid, bytes) throws(PostgresValueError) in
      if index > 0 { output.append(UInt8(ascii: ",")) }
      let start = output.count
      try fields.type(ofSent: oid, at: index, catalog).appendText(ofBinary: bytes, to: &output)
      output.quoteField(from: start)
      index += 1
    } null: { _ in
      if index > 0 { output.append(UInt8(ascii: ",")) }
      index += 1
    }
    output.append(UInt8(ascii: ")"))
  }
}
