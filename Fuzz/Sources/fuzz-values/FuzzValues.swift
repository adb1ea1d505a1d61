import CDCTime
import PGOutput
import PGWire

// Values of every type, from text and from binary.
//
//     input  type 1 (its index) | depth 1 (0: as it is, 1: an array of it) | value …

func fuzzValues(_ input: [UInt8]) {
  guard input.count >= 2 else { return }
  let types = BuiltinType.allCases
  let type = types[Int(input[0]) % types.count]
  let bytes = Array(input[2...])
  checkText(of: bytes, input[1] & 1 == 0 ? .builtin(type) : array(of: type))
  checkEvery(bytes, type)
  checkContainers(bytes, type)
}

private func array(of type: BuiltinType) -> PostgresType {
  .array(of: .builtin(type), delimiter: type == .box ? UInt8(ascii: ";") : UInt8(ascii: ","))
}

/// What is printed for a binary value.
private func checkText(of bytes: [UInt8], _ type: PostgresType) {
  var text: [UInt8] = []
  do throws(PostgresValueError) {
    try type.appendText(ofBinary: bytes.span, to: &text)
  } catch {
    return
  }
  _ = try? String(postgresText: text.span, type: type)
}

/// A value that is understood is printed as a text that is understood, and means the same.
private func check<Value: PostgresDecodable & PostgresTextConvertible>(
  _: Value.Type, _ bytes: [UInt8], _ type: PostgresType
) {
  for isBinary in [false, true] {
    let value =
      isBinary
      ? try? Value(postgresBinary: bytes.span, type: type)
      : try? Value(postgresText: bytes.span, type: type)
    guard let value else { continue }
    let text = value.postgresText
    let again = try? Value(postgresText: Array(text.utf8).span, type: type)
    precondition(again?.postgresText == text, "\(type), binary \(isBinary): \(text)")
  }
}

private func checkEvery(_ bytes: [UInt8], _ type: BuiltinType) {
  let type = PostgresType.builtin(type)
  check(Bool.self, bytes, type)
  check(Float.self, bytes, type)
  check(Double.self, bytes, type)
  check(LSN.self, bytes, type)
  check(PostgresNumeric.self, bytes, type)
  check(PostgresMoney.self, bytes, type)
  check(PostgresChar.self, bytes, type)
  check(PostgresBytea.self, bytes, type)
  check(PostgresUUID.self, bytes, type)
  check(PostgresBits.self, bytes, type)
  check(PostgresTID.self, bytes, type)
  check(PostgresDate.self, bytes, type)
  check(PostgresTime.self, bytes, type)
  check(PostgresTimeTZ.self, bytes, type)
  // It prints itself as a timestamptz, which a timestamp is not.
  if type != .builtin(.timestamp) { check(PostgresTimestamp.self, bytes, type) }
  check(PostgresInterval.self, bytes, type)
  check(PostgresInet.self, bytes, type)
  check(PostgresCIDR.self, bytes, type)
  check(PostgresMACAddress.self, bytes, type)
  check(PostgresPoint.self, bytes, type)
  check(PostgresBox.self, bytes, type)
  check(PostgresCircle.self, bytes, type)
  check(PostgresLine.self, bytes, type)
  check(PostgresLineSegment.self, bytes, type)
  check(PostgresPath.self, bytes, type)
  check(PostgresPolygon.self, bytes, type)
}

private func checkContainers(_ bytes: [UInt8], _ type: BuiltinType) {
  let element = PostgresType.builtin(type)
  let array = array(of: type)
  let name = TypeName(oid: 70_000, namespace: "public", name: "made")
  // It holds itself, which types never do.
  let composite = TypeCatalog([
    .init(
      name,
      .composite(fields: [
        .init(name: "a", typeOID: type.oid), .init(name: "b", typeOID: type.arrayOID),
        .init(name: "c", typeOID: name.oid),
      ]))
  ]).type(oid: name.oid)
  check(PostgresHstore.self, bytes, .hstore(name))
  let span = bytes.span
  _ = try? [Int64?](postgresText: span, type: array)
  _ = try? [Int64?](postgresBinary: span, type: array)
  _ = try? PostgresArray<String?>(postgresText: span, type: array)
  _ = try? PostgresArray<PostgresNumeric?>(postgresBinary: span, type: array)
  _ = try? PostgresRange<PostgresNumeric>(postgresText: span, type: .range(name, of: element))
  _ = try? PostgresRange<PostgresTimestamp>(postgresBinary: span, type: .range(name, of: element))
  let multirange = PostgresType.multirange(name, of: element)
  _ = try? PostgresMultirange<Int64>(postgresText: span, type: multirange)
  _ = try? PostgresMultirange<Int64>(postgresBinary: span, type: multirange)
  _ = try? PostgresComposite(postgresText: span, type: composite)
  _ = try? PostgresComposite(postgresBinary: span, type: composite)
  var text: [UInt8] = []
  try? composite.appendText(ofBinary: span, to: &text)
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzValues([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
