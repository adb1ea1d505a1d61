import CDCTime
import PGOutput
import PGWire

extension DebeziumScalar {
  @inline(__always) func append(
    _ text: Span<UInt8>, to output: inout OutputBuffer, _ syntax: inout JSONSyntax
  ) throws(UnexpectedText) {
    switch self {
    case .plain(let scalar): try scalar.append(text, to: &output, &syntax)
    case .decimal(let scale): try output.append(debeziumDecimal: text, scale: scale)
    case .variableDecimal: try output.append(debeziumVariableDecimal: text)
    case .timestamptz(let digits): try output.append(debeziumTime: text, digits: digits)
    default: try appendRare(text, to: &output, syntax.style)
    }
  }

  func append(binary bytes: Span<UInt8>, to output: inout OutputBuffer) -> Bool {
    if case .plain(let scalar) = self { scalar.append(binary: bytes, to: &output) } else { false }
  }

  private func appendRare(
    _ text: Span<UInt8>, to output: inout OutputBuffer, _ style: ValueTextStyle
  ) throws(UnexpectedText) {
    switch self {
    case .plain, .decimal, .variableDecimal, .timestamptz: return
    case .money:
      let scale = style.moneyScale ?? Self.moneyDigits
      let money = try value(PostgresMoney(postgresText: text))
      output.append(base64: try money.debeziumAmount(scale: scale, digits: Self.moneyDigits))
    case .bytea:
      guard text.isHexBytea else { throw UnexpectedText() }
      output.append(base64OfHex: text.extracting(droppingFirst: 2))
    case .bit:
      output.append(!(try value(PostgresBits(postgresText: text)).isZero))
    case .bits:
      let bytes = try value(PostgresBits(postgresText: text)).littleEndianBytes
      output.append(base64: bytes.span)
    case .point: try output.append(debezium: value(PostgresPoint(postgresText: text)))
    case .hstore: try output.append(debeziumHstore: text)
    case .date, .time, .timestamp, .timetz, .interval:
      try appendTime(text, to: &output)
    }
  }

  private func appendTime(
    _ text: Span<UInt8>, to output: inout OutputBuffer
  ) throws(UnexpectedText) {
    switch self {
    case .date:
      output.append(decimal: Int64(try value(PostgresDate(text)).debeziumDays))
    case .time(let precision):
      let micros = try value(PostgresTime(text)).microseconds
      output.append(decimal: micros / precision.rawValue)
    case .timestamp(let precision):
      let time = try value(PostgresTimestamp(text, as: .timestamp))
      guard let micros = time.debeziumMicroseconds else {
        throw UnexpectedText(reason: .inexpressible)
      }
      output.append(decimal: micros.floored(by: precision.rawValue))
    case .timetz: output.append(debezium: try value(PostgresTimeTZ(text)))
    default:
      output.append(decimal: try value(PostgresInterval(text)).debeziumMicroseconds)
    }
  }

  private func value<Value>(_ value: Value?) throws(UnexpectedText) -> Value {
    guard let value else { throw UnexpectedText() }
    return value
  }
}

extension PostgresMoney {
  /// The amount in units with this number of digits after the point.
  ///
  /// - Throws: If it has digits that these units have no place for.
  fileprivate func debeziumAmount(scale: Int, digits: Int) throws(UnexpectedText) -> Int128 {
    // The server's scale is 0 to 10, so that no product comes near to 128 bits.
    let zeros = Swift.min(abs(digits - scale), 10)
    let power = (0..<zeros).reduce(Int128(1)) { power, _ in power * 10 }
    guard scale > digits else { return Int128(minorUnits) * power }
    let (amount, rest) = Int128(minorUnits).quotientAndRemainder(dividingBy: power)
    guard rest == 0 else { throw UnexpectedText(reason: .inexpressible) }
    return amount
  }
}

extension PostgresBits {
  fileprivate var isZero: Bool { bytes.allSatisfy { $0 == 0 } }

  /// The bits as a number, the last one its lowest, in as few bytes as it needs.
  fileprivate var littleEndianBytes: [UInt8] {
    var number = [UInt8](repeating: 0, count: (count + 7) / 8)
    for index in 0..<count where self[count - 1 - index] {
      number[index / 8] |= 1 << UInt8(index % 8)
    }
    while number.last == 0 { number.removeLast() }
    return number
  }
}

extension OutputBuffer {
  /// Appends a point as a structure, its WKB with the least significant byte first.
  fileprivate mutating func append(
    debezium point: PostgresPoint
  ) throws(UnexpectedText) {
    // Byte order 1, then the kind of geometry: 1 is a point.
    var wkb: [UInt8] = [1, 1, 0, 0, 0]
    append(json: #"{"x":"#)
    try append(coordinate: point.x, &wkb)
    append(json: #","y":"#)
    try append(coordinate: point.y, &wkb)
    append(json: #","wkb":"#)
    append(base64: wkb.span)
    append(json: #","srid":null}"#)
  }

  private mutating func append(
    coordinate: Double, _ wkb: inout [UInt8]
  ) throws(UnexpectedText) {
    let text = coordinate.postgresText
    if coordinate.isFinite { append(text) } else { append(string: text) }
    for shift in stride(from: 0, to: 64, by: 8) {
      wkb.append(UInt8(truncatingIfNeeded: coordinate.bitPattern >> UInt64(shift)))
    }
  }

  /// Appends a string that holds a JSON object.
  fileprivate mutating func append(debeziumHstore text: Span<UInt8>) throws(UnexpectedText) {
    let hstore: PostgresHstore
    do throws(PostgresValueError) {
      let type = PostgresType.hstore(TypeName(oid: 0, namespace: "", name: "hstore"))
      hstore = try PostgresHstore(postgresText: text, type: type)
    } catch {
      throw UnexpectedText()
    }
    var object = OutputBuffer(capacity: text.count)
    object.append(UInt8(ascii: "{"))
    for pair in hstore.pairs {
      if object.count > 1 { object.append(UInt8(ascii: ",")) }
      object.append(string: pair.key)
      object.append(UInt8(ascii: ":"))
      if let value = pair.value {
        object.append(string: value)
      } else {
        object.append(json: "null")
      }
    }
    object.append(UInt8(ascii: "}"))
    try object.withBytes { bytes throws(UnexpectedText) in try append(string: bytes) }
  }
}
