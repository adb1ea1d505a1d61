import CDCTime
import PGOutput
import PGWire

extension DebeziumScalar {
  func append(
    _ text: Span<UInt8>, to output: inout [UInt8], syntax: inout JSONSyntax
  ) throws(UnexpectedText) {
    switch self {
    case .plain(let scalar): try scalar.append(text, to: &output, syntax: &syntax)
    case .decimal(let scale): try output.append(debeziumDecimal: text, scale: scale)
    case .variableDecimal: try output.append(debeziumVariableDecimal: text)
    case .money:
      let scale = syntax.style.moneyScale ?? Self.moneyDigits
      let money = try value(PostgresMoney(postgresText: text))
      let amount = try money.debeziumAmount(scale: scale, digits: Self.moneyDigits)
      let bytes = amount.minimalBytes
      output.append(base64: bytes.span)
    case .bytea:
      let bytes = try value(PostgresBytea(postgresText: text)).bytes
      output.append(base64: bytes.span)
    case .bit:
      output.append(json: try value(PostgresBits(postgresText: text)).isZero ? "false" : "true")
    case .bits:
      let bytes = try value(PostgresBits(postgresText: text)).littleEndianBytes
      output.append(base64: bytes.span)
    case .point: try output.append(debezium: value(PostgresPoint(postgresText: text)), &syntax)
    case .hstore: try output.append(debeziumHstore: text)
    case .date, .time, .timestamp, .timestamptz, .timetz, .interval:
      try appendTime(text, to: &output)
    }
  }

  private func appendTime(
    _ text: Span<UInt8>, to output: inout [UInt8]
  ) throws(UnexpectedText) {
    switch self {
    case .date:
      output.append(json: String(try value(PostgresDate(text)).debeziumDays))
    case .time(let precision):
      let micros = try value(PostgresTime(text)).microseconds
      output.append(json: String(micros / precision.rawValue))
    case .timestamp(let precision):
      let time = try value(PostgresTimestamp(text, as: .timestamp))
      guard let micros = time.debeziumMicroseconds else {
        throw UnexpectedText(reason: .inexpressible)
      }
      output.append(json: String(micros.floored(by: precision.rawValue)))
    case .timestamptz(let digits):
      output.append(debezium: try value(PostgresTimestamp(text, as: .timestamptz)), digits: digits)
    case .timetz: output.append(debezium: try value(PostgresTimeTZ(text)))
    default:
      output.append(json: String(try value(PostgresInterval(text)).debeziumMicroseconds))
    }
  }

  private func value<Value>(_ value: Value?) throws(UnexpectedText) -> Value {
    guard let value else { throw UnexpectedText() }
    return value
  }
}

extension PostgresMoney {
  /// The amount in the units of so many digits behind the point.
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

extension [UInt8] {
  /// Appends a point as a structure, its WKB with the least significant byte first.
  fileprivate mutating func append(
    debezium point: PostgresPoint, _ syntax: inout JSONSyntax
  ) throws(UnexpectedText) {
    // Byte order 1, then the kind of geometry: 1 is a point.
    var wkb: [UInt8] = [1, 1, 0, 0, 0]
    append(json: #"{"x":"#)
    try append(coordinate: point.x, &wkb, &syntax)
    append(json: #","y":"#)
    try append(coordinate: point.y, &wkb, &syntax)
    append(json: #","wkb":"#)
    append(base64: wkb.span)
    append(json: #","srid":null}"#)
  }

  private mutating func append(
    coordinate: Double, _ wkb: inout [UInt8], _ syntax: inout JSONSyntax
  ) throws(UnexpectedText) {
    let text = Array(coordinate.postgresText.utf8)
    try JSONScalar.float.append(text.span, to: &self, syntax: &syntax)
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
    var object: [UInt8] = [UInt8(ascii: "{")]
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
    try append(string: object.span)
  }
}
