import PGWire
import Testing

/// The rows of COPY's data, as values.
private func rows(
  _ data: [UInt8], isBinary: Bool, columns: Int, cutAt cuts: [Int] = []
) throws(WireError) -> [[[UInt8]?]] {
  var parser = CopyRowParser(CopyFormat(isBinary: isBinary, columnCount: columns))
  var all: [[[UInt8]?]] = []
  var start = 0
  for end in cuts + [data.count] {
    let found = try parser.take(Array(data[start..<end]))
    start = end
    for row in 0..<found.count {
      all.append(
        found.fields[row * columns..<(row + 1) * columns].map { field in
          field.count.map { Array(found.bytes[field.start..<field.start + $0]) }
        })
    }
  }
  try parser.finish()
  return all
}

private func text(
  _ data: String, columns: Int, cutAt cuts: [Int] = []
) throws(WireError) -> [[String?]] {
  try rows(Array(data.utf8), isBinary: false, columns: columns, cutAt: cuts).map { row in
    row.map { $0.map { String(decoding: $0, as: UTF8.self) } }
  }
}

@Suite struct CopyTextTests {
  @Test func `one line is one row, cut anywhere`() throws {
    let data = "1\tone\t\\N\n2\t\t\\\\N\n-3\ttab\\tfeed\\nback\\\\slash\\r\\b\\f\\v ☃\tx\n"
    let expected: [[String?]] = [
      ["1", "one", nil], ["2", "", "\\N"],
      ["-3", "tab\tfeed\nback\\slash\r\u{8}\u{C}\u{B} ☃", "x"],
    ]
    for cut in 0...data.utf8.count {
      #expect(try text(data, columns: 3, cutAt: [cut]) == expected, "cut at \(cut)")
    }
    #expect(try text(data, columns: 3, cutAt: Array(0..<data.utf8.count)) == expected)
  }

  @Test func `a part of a row is an error at the end`() throws {
    let data = "1\tone\n2\ttwo\n"
    for end in 0..<data.utf8.count where end != 0 && end != 6 {
      let part = String(decoding: Array(data.utf8)[..<end], as: UTF8.self)
      #expect(throws: WireError.self, "cut at \(end)") { try text(part, columns: 2) }
    }
  }

  @Test(
    arguments: [
      ("\\101\\7\\12x", "A\u{7}\nx"), ("\\x41\\xAz\\x4aB", "A\nzJB"), ("\\xg\\q\\'", "xgq'"),
      ("\\0", "\0"), ("\\8", "8"), ("a\\Nb", "aNb"), ("\\.x", ".x"), ("\\1011", "A1"),
    ])
  func `a backslash begins an escape`(data: String, value: String) throws {
    #expect(try text(data + "\n", columns: 1) == [[value]])
  }

  @Test func `rows without columns and rows without bytes are empty lines`() throws {
    #expect(try text("\n\n", columns: 0) == [[], []])
    #expect(try text("\n\n", columns: 1) == [[""], [""]])
    #expect(try text("", columns: 1).isEmpty)
  }

  @Test func `nothing follows the end mark`() throws {
    #expect(try text("1\n\\.\n", columns: 1) == [["1"]])
    for rest in ["2\n", "2", "\n"] {
      #expect(throws: WireError.self) { try text("1\n\\.\n" + rest, columns: 1) }
      #expect(throws: WireError.self) { try text("1\n\\.\n" + rest, columns: 1, cutAt: [5]) }
    }
  }

  @Test(arguments: ["1\n", "1\t2\t3\n", "\n"])
  func `too few or too many fields are an error`(data: String) {
    #expect(throws: WireError.self) { try text(data, columns: 2) }
  }

  @Test func `a field of a row without columns is an error`() {
    #expect(throws: WireError.self) { try text("1\n", columns: 0) }
  }

  @Test func `a backslash alone at a field's end is an error`() {
    #expect(throws: WireError.self) { try text("a\\\n", columns: 1) }
    #expect(throws: WireError.self) { try text("a\\\tb\n", columns: 2) }
  }
}

@Suite struct CopyBinaryTests {
  private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0x00]
  private static let header = signature + [0, 0, 0, 0, 0, 0, 0, 0]
  private static let end: [UInt8] = [0xFF, 0xFF]
  private static let one: [UInt8] = [0, 2, 0, 0, 0, 1, 0x41, 0xFF, 0xFF, 0xFF, 0xFF]
  private static let two: [UInt8] = [0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]
  private static let expected: [[[UInt8]?]] = [[[0x41], nil], [[], [1, 2, 3]]]

  @Test func `rows come field by field, cut anywhere`() throws {
    let data = Self.header + Self.one + Self.two + Self.end
    for cut in 0...data.count {
      #expect(
        try rows(data, isBinary: true, columns: 2, cutAt: [cut]) == Self.expected, "cut at \(cut)")
    }
    #expect(
      try rows(data, isBinary: true, columns: 2, cutAt: Array(0..<data.count)) == Self.expected)
  }

  @Test func `data that ends anywhere before its end is an error`() {
    let data = Self.header + Self.one + Self.two + Self.end
    for end in data.indices {
      #expect(throws: WireError.self, "ends at \(end)") {
        try rows(Array(data[..<end]), isBinary: true, columns: 2)
      }
    }
  }

  @Test func `the header's extension is skipped`() throws {
    let data = Self.signature + [0, 0, 0, 1, 0, 0, 0, 3, 9, 9, 9] + Self.one + Self.end
    for cut in 0...data.count {
      #expect(
        try rows(data, isBinary: true, columns: 2, cutAt: [cut]) == [Self.expected[0]])
    }
  }

  @Test func `no rows, and rows without columns`() throws {
    #expect(try rows(Self.header + Self.end, isBinary: true, columns: 2).isEmpty)
    #expect(try rows(Self.header + [0, 0, 0, 0] + Self.end, isBinary: true, columns: 0).count == 2)
  }

  @Test func `every byte of the signature counts`() {
    for index in Self.signature.indices {
      var data = Self.header + Self.end
      data[index] ^= 0x20
      #expect(throws: WireError.self) { try rows(data, isBinary: true, columns: 1) }
    }
  }

  @Test(
    arguments: [
      // Flags that must be known, and lengths that can't be.
      signature + [0, 1, 0, 0, 0, 0, 0, 0] + end, signature + [0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF],
      signature + [0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF], header + [0, 1], header + [0, 3],
      header + [0xFF, 0xFE], header + [0x7F, 0xFF], header + [0, 2, 0xFF, 0xFF, 0xFF, 0xFE],
      header + [0, 2, 0x80, 0, 0, 0], header + [0, 2, 0x7F, 0xFF, 0xFF, 0xFF],
      header + one + end + [0], header + end + one,
    ] as [[UInt8]])
  func `what can't be is refused`(data: [UInt8]) {
    var parser = CopyRowParser(CopyFormat(isBinary: true, columnCount: 2))
    #expect(throws: WireError.self) { try parser.take(data) }
  }
}
