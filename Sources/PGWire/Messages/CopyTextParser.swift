/// The text format of COPY: one line a row, a tab between fields.
///
///     \N   NULL                     \b \f \n \r \t \v   as in C
///     \.   the end of all rows      \12 \x0A            a byte in octal or hexadecimal digits
///     \\   a backslash              \ and another byte  that byte
///
/// Servers send lines that end with a line feed, and no `\.` since protocol 3; both are taken.
///
/// Format: <https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS>
struct CopyTextParser: Sendable {
  private let columnCount: Int
  private var hasEnded = false
  /// The length of the left-over data that is known to hold no line end.
  private var searched = 0

  init(columnCount: Int) {
    self.columnCount = columnCount
  }

  /// Takes the escapes out of all whole rows and notes where their fields lie.
  ///
  /// - Returns: How many bytes of the data are used up.
  mutating func parse(_ data: [UInt8], into rows: inout CopyRows) throws(WireError) -> Int {
    let data = data.span
    var start = 0
    var at = searched
    searched = 0
    while at < data.count {
      // Line feeds inside a line are escaped.
      guard data[at] == UInt8(ascii: "\n") else {
        at += 1
        continue
      }
      guard !hasEnded else { throw .trailingBytes(count: data.count - start) }
      if rows.count == 0 { rows.bytes.reserveCapacity(data.count) }
      try take(data.extracting(start..<at), into: &rows)
      at += 1
      start = at
    }
    if hasEnded, start < data.count { throw .trailingBytes(count: data.count - start) }
    searched = data.count - start
    return start
  }

  private mutating func take(
    _ line: Span<UInt8>, into rows: inout CopyRows
  ) throws(WireError) {
    if line.count == 2, line[0] == UInt8(ascii: "\\"), line[1] == UInt8(ascii: ".") {
      hasEnded = true
      return
    }
    let known = rows.fields.count
    var start = 0
    // Without columns a row is an empty line, which is a field of no bytes otherwise.
    if columnCount > 0 || !line.isEmpty {
      for index in line.indices where line[index] == UInt8(ascii: "\t") {
        try Self.takeField(line.extracting(start..<index), into: &rows)
        start = index + 1
      }
      try Self.takeField(line.extracting(start...), into: &rows)
    }
    let found = rows.fields.count - known
    guard found == columnCount else {
      throw .invalidValue(field: "number of fields in a copied row", value: Int64(found))
    }
    rows.count += 1
  }

  private static func takeField(
    _ field: Span<UInt8>, into rows: inout CopyRows
  ) throws(WireError) {
    let start = rows.bytes.count
    if field.count == 2, field[0] == UInt8(ascii: "\\"), field[1] == UInt8(ascii: "N") {
      rows.fields.append(.init(start: start, count: nil))
      return
    }
    var rest = field
    while !rest.isEmpty {
      let byte = try rest.readUInt8()
      rows.bytes.append(byte == UInt8(ascii: "\\") ? try rest.readEscaped() : byte)
    }
    rows.fields.append(.init(start: start, count: rows.bytes.count - start))
  }
}

extension Span<UInt8> {
  /// Takes what follows a backslash.
  fileprivate mutating func readEscaped() throws(WireError) -> UInt8 {
    let byte = try readUInt8()
    switch byte {
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "n"): return 0x0A
    case UInt8(ascii: "v"): return 0x0B
    case UInt8(ascii: "f"): return 0x0C
    case UInt8(ascii: "r"): return 0x0D
    case UInt8(ascii: "0")...UInt8(ascii: "7"):
      return try readDigits(3, radix: 8, after: Int(byte - UInt8(ascii: "0")))
    case UInt8(ascii: "x") where first.flatMap(HexDigit.value) != nil:
      return try readDigits(2, radix: 16, after: nil)
    default: return byte
    }
  }

  /// Takes digits, at most this number in all; only the lowest eight bits of their value count.
  private mutating func readDigits(
    _ most: Int, radix: Int, after first: Int?
  ) throws(WireError) -> UInt8 {
    var value = first ?? 0
    var count = first == nil ? 0 : 1
    while count < most, let digit = self.first.flatMap(HexDigit.value), digit < radix {
      value = value * radix + Int(digit)
      count += 1
      try skip(1)
    }
    return UInt8(truncatingIfNeeded: value)
  }

  private var first: UInt8? { isEmpty ? nil : self[0] }
}
