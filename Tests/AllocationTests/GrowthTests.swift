import CAllocationCounter
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit
import TestSupport
import Testing

@testable import ChangeFormats

/// What it costs to write a value grows as the value does, in every form, shape and format.
@Suite struct GrowthTests {
  private static let isCounting = allocation_counter_works() == 1

  /// A column's type and values of it with a number of items.
  struct Shape: Sendable, CustomTestStringConvertible {
    let name: String
    let type: PostgresType
    let value: @Sendable (Int) -> [UInt8]
    var testDescription: String { name }
  }

  private static let made = TypeName(oid: 70_000, namespace: "public", name: "made")

  /// Every built-in type alone, in an array, in a composite, in a range and in a multirange.
  static let shapes: [Shape] =
    BuiltinType.allCases.flatMap { type -> [Shape] in
      guard let small = GrowingValue.binary(type, 3) else { return [] }
      let oid = type.oid
      let element = PostgresType.builtin(type)
      let delimiter = type == .box ? UInt8(ascii: ";") : UInt8(ascii: ",")
      return [
        Shape(name: "\(type)", type: element) { GrowingValue.binary(type, $0) ?? [] },
        Shape(name: "\(type)[]", type: .array(of: element, delimiter: delimiter)) {
          GrowingValue.array(oid, $0, small)
        },
        Shape(name: "(\(type), …)", type: composite) { GrowingValue.composite(oid, $0, small) },
        Shape(name: "range of \(type)", type: .range(made, of: element)) {
          GrowingValue.range(GrowingValue.binary(type, $0) ?? [], small)
        },
        Shape(name: "multirange of \(type)", type: .multirange(made, of: element)) {
          GrowingValue.multirange($0, GrowingValue.range(small, small))
        },
      ]
    } + [Shape(name: "hstore", type: .hstore(made)) { GrowingValue.hstore($0) }]

  /// It has no fields: each value comes with its type.
  private static let composite = TypeCatalog([.init(made, .composite(fields: []))])
    .type(oid: made.oid)

  @Test(arguments: shapes)
  func `work is in proportion to the value`(shape: Shape) async throws {
    guard Self.isCounting else { return }
    #expect(try await offPool { try Self.excessiveGrowth(of: shape) } == [])
  }

  /// What each way costs that grows too fast.
  private static func excessiveGrowth(of shape: Shape) throws -> [String] {
    try Way.allCases.compactMap { way in
      let costs = try [64, 64, 128, 256].map { count in
        let binary = shape.value(count)
        let text = try String(postgresBinary: binary.span, type: shape.type)
        let utf8 = Array(text.utf8)
        let before = bytes_of_this_thread()
        try way.write(shape.type, binary: binary, text: utf8)
        return bytes_of_this_thread() - before
      }
      // Twice as much costs twice as much, and what memory is taken in powers of two; four times
      // as much where all that there is would be copied for each item.
      return costs[3] <= 3 * costs[2] + 8192 ? nil : "\(way): \(costs)"
    }
  }

  /// The formats, from both forms.
  private enum Way: CaseIterable {
    case libraryBinary, libraryText, partsBinary, partsText
    case jsonBinary, jsonText, debeziumBinary, debeziumText

    func write(_ type: PostgresType, binary: [UInt8], text: [UInt8]) throws {
      switch self {
      case .libraryBinary: _ = try String(postgresBinary: binary.span, type: type)
      case .libraryText: _ = try String(postgresText: text.span, type: type)
      case .partsBinary: try read(type, binary, isBinary: true)
      case .partsText: try read(type, text, isBinary: false)
      case .jsonBinary:
        var writer = JSONColumnWriter<JSONScalar>(type)
        try writer.write(binary, isBinary: true)
      case .jsonText:
        var writer = JSONColumnWriter<JSONScalar>(type)
        try writer.write(text, isBinary: false)
      case .debeziumBinary:
        var writer = JSONColumnWriter<DebeziumScalar>(type)
        try writer.write(binary, isBinary: true)
      case .debeziumText:
        var writer = JSONColumnWriter<DebeziumScalar>(type)
        try writer.write(text, isBinary: false)
      }
    }

    /// Decodes a container to what it holds.
    private func read(_ type: PostgresType, _ bytes: [UInt8], isBinary: Bool) throws {
      func value<Value: PostgresDecodable>(_: Value.Type) throws -> Value {
        isBinary
          ? try Value(postgresBinary: bytes.span, type: type)
          : try Value(postgresText: bytes.span, type: type)
      }
      switch type {
      case .array: _ = try value(PostgresArray<String?>.self)
      case .range: _ = try value(PostgresRange<String>.self)
      case .multirange: _ = try value(PostgresMultirange<String>.self)
      case .hstore: _ = try value(PostgresHstore.self)
      case .composite:
        for field in try value(PostgresComposite.self).fields where isBinary {
          _ = try field.decode(String?.self)
        }
      default: break
      }
    }
  }

  @Test(arguments: [UInt32(1009), 1185, 1007, 199])
  func `a large array ends, which it would not if all were copied for each item`(
    oid: UInt32
  ) async throws {
    let type = try #require(BuiltinType(arrayOID: oid))
    let value = try #require(GrowingValue.binary(type, 5))
    let length = try await offPool {
      let binary = GrowingValue.array(type.oid, 100_000, value)
      var writer = JSONColumnWriter<JSONScalar>(.array(of: .builtin(type), delimiter: 0x2C))
      try writer.write(binary, isBinary: true)
      return writer.output.count
    }
    #expect(length > 200_000)
  }

  @Test(arguments: BuiltinType.allCases)
  func `a large value ends, which it would not if each item looked at all`(
    type: BuiltinType
  ) async throws {
    // More digits than that no numeric has.
    guard let binary = GrowingValue.binary(type, type == .numeric ? 32_000 : 60_000) else { return }
    try await offPool {
      let text = try String(postgresBinary: binary.span, type: .builtin(type))
      for isBinary in [true, false] {
        var plain = JSONColumnWriter<JSONScalar>(.builtin(type))
        try plain.write(isBinary ? binary : Array(text.utf8), isBinary: isBinary)
        var debezium = JSONColumnWriter<DebeziumScalar>(.builtin(type))
        try debezium.write(isBinary ? binary : Array(text.utf8), isBinary: isBinary)
      }
    }
  }
}

/// One column's values as a format writes them.
private struct JSONColumnWriter<Element: ScalarFormat>: ~Copyable {
  private let type: PostgresType
  private let format: ValueFormat<Element>
  private var values = ValueWriter(JSONLineFormat.Options())
  private(set) var output = OutputBuffer()

  init(_ type: PostgresType) {
    self.type = type
    format = ValueFormat(
      type, modifier: -1, isCertain: true, JSONLineFormat.Options())
  }

  mutating func write(_ bytes: [UInt8], isBinary: Bool) throws {
    if isBinary {
      try values.append(binary: bytes.span, of: type, as: format, to: &output, room: 1 << 30)
    } else {
      try values.append(bytes.span, as: format, to: &output)
    }
  }
}
