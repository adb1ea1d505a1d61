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

extension BuiltinType {
  fileprivate func appendText(
    ofBinary bytes: Span<UInt8>, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    func append<Value: PostgresScalar>(
      _: Value.Type, _ bytes: Span<UInt8>
    ) throws(PostgresValueError) {
      guard let value = Value(postgresBinary: bytes) else { throw .malformed }
      value.appendPostgresText(to: &output)
    }
    switch self {
    case .bool: try append(Bool.self, bytes)
    case .int2, .int4, .int8:
      output.append(decimal: try Int64(postgresBinary: bytes, type: .builtin(self)))
    case .oid, .xid, .cid, .xid8:
      output.append(decimal: try UInt64(postgresBinary: bytes, type: .builtin(self)))
    case .float4:
      try Float(postgresBinary: bytes, type: .builtin(self)).appendPostgresText(to: &output)
    case .float8:
      try Double(postgresBinary: bytes, type: .builtin(self)).appendPostgresText(to: &output)
    case .numeric: try append(PostgresNumeric.self, bytes)
    case .money: try append(PostgresMoney.self, bytes)
    case .text, .varchar, .bpchar, .name, .json, .xml, .refcursor: output.append(bytes)
    case .jsonb, .jsonpath:
      guard bytes.byte(at: 0) == 1 else { throw .malformed }
      output.append(bytes.extracting(droppingFirst: 1))
    case .char: try append(PostgresChar.self, bytes)
    case .bytea: bytes.appendByteaText(to: &output)
    case .uuid: try append(PostgresUUID.self, bytes)
    case .date: try append(PostgresDate.self, bytes)
    case .time: try append(PostgresTime.self, bytes)
    case .timetz: try append(PostgresTimeTZ.self, bytes)
    case .interval: try append(PostgresInterval.self, bytes)
    case .timestamp, .timestamptz:
      try PostgresTimestamp(postgresBinary: bytes, type: .builtin(self))
        .append(to: &output, as: self == .timestamp ? .timestamp : .timestamptz)
    case .inet: try append(PostgresInet.self, bytes)
    case .cidr: try append(PostgresCIDR.self, bytes)
    case .macaddr, .macaddr8:
      try PostgresMACAddress(postgresBinary: bytes, type: .builtin(self))
        .appendPostgresText(to: &output)
    case .bit, .varbit: try append(PostgresBits.self, bytes)
    case .point: try append(PostgresPoint.self, bytes)
    case .line: try append(PostgresLine.self, bytes)
    case .lseg: try append(PostgresLineSegment.self, bytes)
    case .box: try append(PostgresBox.self, bytes)
    case .path: try append(PostgresPath.self, bytes)
    case .polygon: try append(PostgresPolygon.self, bytes)
    case .circle: try append(PostgresCircle.self, bytes)
    case .pgLSN: try append(LSN.self, bytes)
    case .tid: try append(PostgresTID.self, bytes)
    default: try appendRareText(ofBinary: bytes, to: &output)
    }
  }

  private func appendRareText(
    ofBinary bytes: Span<UInt8>, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    switch self {
    case .int2vector: try bytes.appendVector(of: .int2, to: &output)
    case .oidvector: try bytes.appendVector(of: .oid, to: &output)
    case .tsvector: try bytes.appendTSVector(to: &output)
    case .tsquery: try bytes.appendTSQuery(to: &output)
    case .pgSnapshot, .txidSnapshot: try bytes.appendSnapshot(to: &output)
    default: throw .unknownBinary
    }
  }
}

extension Span<UInt8> {
  /// Appends numbers with spaces between them; in binary they are an array.
  fileprivate func appendVector(
    of element: BuiltinType, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    var reader = ArrayReader(delimiter: 0)
    var isFirst = true
    try reader.read(binary: self) { () throws(PostgresValueError) in
      throw .malformed
    } value: { bytes throws(PostgresValueError) in
      if !isFirst { output.append(UInt8(ascii: " ")) }
      isFirst = false
      output.append(decimal: try Int64(postgresBinary: bytes, type: .builtin(element)))
    }
  }

  /// Appends `xmin:xmax:xid,…` of: count 4, xmin 8, xmax 8, count × xid 8.
  fileprivate func appendSnapshot(to output: inout [UInt8]) throws(PostgresValueError) {
    guard count >= 20, Int64(count) == 20 + 8 * Int64(Int32(bitPattern: uint32(at: 0))) else {
      throw .malformed
    }
    output.append(decimal: uint64(at: 4))
    output.append(UInt8(ascii: ":"))
    output.append(decimal: uint64(at: 12))
    output.append(UInt8(ascii: ":"))
    for at in stride(from: 20, to: count, by: 8) {
      if at > 20 { output.append(UInt8(ascii: ",")) }
      output.append(decimal: uint64(at: at))
    }
  }
}
