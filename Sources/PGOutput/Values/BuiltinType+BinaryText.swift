import CDCTime
import PGWire

extension BuiltinType {
  /// Appends the text of a value that was sent in binary; ranges and multiranges are the caller's.
  ///
  /// The one place that knows what each built-in type's send function writes. There is no default,
  /// so that the compiler asks for what is new.
  func appendText(
    ofBinary bytes: Span<UInt8>, to output: inout [UInt8], _ style: ValueTextStyle
  ) throws(PostgresValueError) {
    switch self {
    case .bool: try Bool.appendText(bytes, to: &output)
    case .int2, .int4, .int8:
      output.append(decimal: try Int64(postgresBinary: bytes, type: .builtin(self)))
    case .oid, .xid, .cid, .xid8, .oid8:
      output.append(decimal: try UInt64(postgresBinary: bytes, type: .builtin(self)))
    case .float4:
      try Float(postgresBinary: bytes, type: .builtin(self)).appendPostgresText(to: &output)
    case .float8:
      try Double(postgresBinary: bytes, type: .builtin(self)).appendPostgresText(to: &output)
    case .numeric: try PostgresNumeric.appendText(bytes, to: &output)
    case .money:
      try PostgresMoney(postgresBinary: bytes, type: .builtin(self))
        .appendPostgresText(to: &output, scale: style.moneyScale ?? 2)
    case .text, .varchar, .bpchar, .name, .json, .xml, .refcursor: output.append(bytes)
    case .jsonb, .jsonpath: try bytes.appendVersionedText(to: &output)
    case .char: try PostgresChar.appendText(bytes, to: &output)
    case .bytea: bytes.appendByteaText(to: &output)
    case .uuid: try PostgresUUID.appendText(bytes, to: &output)
    case .date: try PostgresDate.appendText(bytes, to: &output)
    case .time: try PostgresTime.appendText(bytes, to: &output)
    case .timetz: try PostgresTimeTZ.appendText(bytes, to: &output)
    case .interval:
      try PostgresInterval(postgresBinary: bytes, type: .builtin(self))
        .append(to: &output, hasInfinities: style.hasInfiniteIntervals)
    case .timestamp, .timestamptz:
      try PostgresTimestamp(postgresBinary: bytes, type: .builtin(self))
        .append(to: &output, as: self == .timestamp ? .timestamp : .timestamptz)
    case .inet: try PostgresInet.appendText(bytes, to: &output)
    case .cidr: try PostgresCIDR.appendText(bytes, to: &output)
    case .macaddr, .macaddr8:
      try PostgresMACAddress(postgresBinary: bytes, type: .builtin(self))
        .appendPostgresText(to: &output)
    case .bit, .varbit: try PostgresBits.appendText(bytes, to: &output)
    case .point: try PostgresPoint.appendText(bytes, to: &output)
    case .line: try PostgresLine.appendText(bytes, to: &output)
    case .lseg: try PostgresLineSegment.appendText(bytes, to: &output)
    case .box: try PostgresBox.appendText(bytes, to: &output)
    case .path: try PostgresPath.appendText(bytes, to: &output)
    case .polygon: try PostgresPolygon.appendText(bytes, to: &output)
    case .circle: try PostgresCircle.appendText(bytes, to: &output)
    case .pgLSN:
      try LSN(postgresBinary: bytes, type: .builtin(self))
        .appendPostgresText(to: &output, padded: style.padsPositions)
    case .tid: try PostgresTID.appendText(bytes, to: &output)
    case .int2vector: try bytes.appendVector(of: .int2, to: &output)
    case .oidvector: try bytes.appendVector(of: .oid, to: &output)
    case .tsvector: try bytes.appendTSVector(to: &output)
    case .tsquery: try TSQuery(binary: bytes).appendText(to: &output)
    case .pgSnapshot, .txidSnapshot: try bytes.appendSnapshot(to: &output)
    // An oid, whose name lies in the catalogue; or no send function at all.
    case .regproc, .regprocedure, .regoper, .regoperator, .regclass, .regtype, .regconfig,
      .regdictionary, .regnamespace, .regrole, .regcollation, .regdatabase, .aclitem, .gtsvector:
      throw .unknownBinary
    // See ValueTextWriter.
    case .int4range, .int8range, .numrange, .daterange, .tsrange, .tstzrange, .int4multirange,
      .int8multirange, .nummultirange, .datemultirange, .tsmultirange, .tstzmultirange:
      throw .unknownBinary
    }
  }
}

extension PostgresScalar {
  fileprivate static func appendText(
    _ bytes: Span<UInt8>, to output: inout [UInt8]
  ) throws(PostgresValueError) {
    guard let value = Self(postgresBinary: bytes) else { throw .malformed }
    value.appendPostgresText(to: &output)
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

  /// Appends the text behind a version, which is 1.
  func appendVersionedText(to output: inout [UInt8]) throws(PostgresValueError) {
    guard byte(at: 0) == 1 else { throw .malformed }
    output.append(extracting(droppingFirst: 1))
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
