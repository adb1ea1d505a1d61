import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import Testing

/// Whatever bytes come, reading them ends, in a value or an error.
@Suite struct MutationTests {
  @Test func `mutated values of every type are read or refused`() {
    var random = SystemRandomNumberGenerator()
    var (read, refused) = (0, 0)
    for type in BuiltinType.allCases {
      for shape in [PostgresType(.builtin(type)), PostgresType(.array(type))] {
        for _ in 0..<15 {
          let sample = ServerSampleTests.samples.randomElement(using: &random)
          var bytes = Array(sample?.1.utf8 ?? "".utf8)
          if Bool.random(using: &random) { bytes = PGOutputTestSupport.bytes(hex: sample?.2 ?? "") }
          mutate(&bytes, &random)
          let count = Self.readers.count { $0(bytes, shape) }
          read += count
          refused += Self.readers.count - count
        }
      }
    }
    #expect(read > 1000 && refused > 1000)
  }

  @Test(arguments: ServerSampleTests.samples.indices)
  func `mutated values of the right type are read or refused`(index: Int) {
    var random = SystemRandomNumberGenerator()
    let (type, text, hex) = ServerSampleTests.samples[index]
    for _ in 0..<80 {
      var (text, binary) = (Array(text.utf8), bytes(hex: hex))
      mutate(&text, &random)
      mutate(&binary, &random)
      for reader in Self.readers {
        _ = reader(text, .builtin(type))
        _ = reader(binary, .builtin(type))
      }
    }
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SystemRandomNumberGenerator) {
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let at = Int.random(in: 0...bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0 where at < bytes.count: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1 where at < bytes.count: bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
      case 2: bytes.insert(Array(#"{}[](),:"\-.e0/"#.utf8).randomElement() ?? 0, at: at)
      case 3: bytes.removeSubrange(at...)
      default: bytes += bytes[..<at]
      }
    }
  }

  private typealias Reader = @Sendable ([UInt8], PostgresType) -> Bool

  /// Both forms as each Swift type; whether there was a value.
  private static let readers: [Reader] =
    both(String.self) + both(Bool.self) + both(Int64.self) + both(UInt64.self) + both(Double.self)
    + both(Float.self) + both(PostgresNumeric.self) + both(PostgresMoney.self)
    + both(PostgresBytea.self) + both(PostgresUUID.self) + both(PostgresChar.self)
    + both(PostgresTID.self) + both(LSN.self) + both(PostgresBits.self) + both(PostgresDate.self)
    + both(PostgresTime.self) + both(PostgresTimeTZ.self) + both(PostgresInterval.self)
    + both(PostgresTimestamp.self) + both(PostgresInet.self) + both(PostgresCIDR.self)
    + both(PostgresMACAddress.self) + both(PostgresPoint.self) + both(PostgresLine.self)
    + both(PostgresLineSegment.self) + both(PostgresBox.self) + both(PostgresPath.self)
    + both(PostgresPolygon.self) + both(PostgresCircle.self) + both(PostgresArray<String?>.self)
    + both([Int?].self) + both(PostgresRange<Int64>.self) + both(PostgresRange<String>.self)
    + both(PostgresMultirange<String>.self) + hstores + composites

  private static func both<Value: PostgresDecodable & SendableMetatype>(
    _: Value.Type
  ) -> [Reader] {
    [
      { (try? Value(postgresText: $0.span, type: $1)) != nil },
      { (try? Value(postgresBinary: $0.span, type: $1)) != nil },
    ]
  }

  private static let hstores: [Reader] = both(PostgresHstore.self)
    .map { reader in
      { bytes, _ in
        reader(bytes, .hstore(TypeName(oid: 20_000, namespace: "public", name: "hstore")))
      }
    }

  private static let composites: [Reader] = both(PostgresComposite.self)
    .map { reader in { bytes, _ in reader(bytes, .unknown(oid: 20_000)) } }
}
