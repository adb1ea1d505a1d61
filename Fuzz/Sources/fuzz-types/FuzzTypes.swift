import PGOutput

// Values of types that a catalogue describes as it likes: in themselves, too deep, too wide, of
// types that nobody knows, and with fields that the values don't have.
//
//     input    types 1 (how many, of 16) | types × (kind 1 | part 1 | width 1) | wanted 1 | value …
//     part     which of the types, or a built-in one; of a composite's fields the first

func fuzzTypes(_ input: [UInt8]) {
  var input = input[...]
  let count = Int(input.popFirst() ?? 0) % 16 + 1
  let entries = (0..<count).map { entry($0, count, &input) }
  let catalog = TypeCatalog(entries)
  let wanted = oid(input.popFirst() ?? 0, count)
  let value = Array(input)
  let type = catalog.type(oid: wanted)
  precondition(type == TypeCatalog(entries.reversed()).type(oid: wanted), "\(type)")
  precondition(!type.description.isEmpty)
  check(value, type)
}

private let firstOID: UInt32 = 100_000

private func entry(
  _ index: Int, _ count: Int, _ input: inout ArraySlice<UInt8>
) -> TypeCatalog.Entry {
  let kind = input.popFirst() ?? 0
  let part = input.popFirst() ?? 0
  let width = input.popFirst() ?? 0
  let name = TypeName(
    oid: firstOID + UInt32(index), namespace: "public",
    name: ["a", "_a", "hstore", "citext", "_ltree"][Int(width) % 5])
  let made: TypeCatalog.Kind =
    switch kind % 8 {
    case 0: .base
    case 1: .enumeration(labels: ["a", "b"])
    case 2: .domain(base: oid(part, count))
    case 3: .array(element: oid(part, count), delimiter: kind & 8 == 0 ? 0x2C : width)
    case 4: .range(bound: oid(part, count))
    case 5: .multirange(bound: oid(part, count))
    default:
      .composite(
        fields: (0..<Int(width)).map {
          .init(name: "f\($0)", typeOID: oid(part &+ UInt8($0 % 3), count))
        })
    }
  return .init(name, made)
}

/// One of the catalogue's types, one that isn't there, or a built-in one.
private func oid(_ byte: UInt8, _ count: Int) -> UInt32 {
  if byte < 128 { return firstOID + UInt32(Int(byte) % (count + 1)) }
  let types = BuiltinType.allCases
  let type = types[Int(byte - 128) % types.count]
  return byte & 1 == 0 ? type.oid : type.arrayOID
}

/// Both forms of everything, within the limit.
private func check(_ value: [UInt8], _ type: PostgresType) {
  let span = value.span
  let limit = 1 << 16
  var text: [UInt8] = []
  do throws(PostgresValueError) {
    try type.appendText(ofBinary: span, to: &text, limit: ValueTextLimit(bytes: limit))
    precondition(text.count <= limit)
  } catch {
    if case .tooLong(let found) = error { precondition(found == limit) }
  }
  _ = try? String(postgresBinary: span, type: type)
  _ = try? String(postgresText: span, type: type)
  for isBinary in [false, true] {
    let composite =
      isBinary
      ? try? PostgresComposite(postgresBinary: span, type: type)
      : try? PostgresComposite(postgresText: span, type: type)
    for field in composite?.fields ?? [] {
      _ = try? field.decode(String?.self)
      _ = try? field.decode(PostgresComposite?.self)
      _ = try? field.decode(PostgresArray<String?>.self)
    }
  }
  _ = try? PostgresArray<String?>(postgresBinary: span, type: type)
  _ = try? PostgresArray<PostgresComposite?>(postgresText: span, type: type)
  _ = try? PostgresRange<String>(postgresBinary: span, type: type)
  _ = try? PostgresMultirange<String>(postgresText: span, type: type)
  _ = try? PostgresHstore(postgresBinary: span, type: type)
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzTypes([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
