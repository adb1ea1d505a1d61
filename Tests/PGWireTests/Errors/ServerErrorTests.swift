import PGWire
import Testing

@Suite struct ServerErrorTests {
  @Test func `decodes every field`() throws {
    let error = try decode([
      ("S", "FEHLER"), ("V", "ERROR"), ("C", "55006"), ("M", "m"), ("D", "d"), ("H", "h"),
      ("P", "12"), ("p", "3"), ("q", "SELECT 1"), ("W", "w"), ("s", "public"), ("t", "tab"),
      ("c", "col"), ("d", "int4"), ("n", "con"), ("F", "slot.c"), ("L", "519"), ("R", "Acquire"),
    ])
    #expect(error.localizedSeverity == "FEHLER")
    #expect(error.severity == "ERROR")
    #expect(error.sqlState == .objectInUse)
    #expect(error.message == "m")
    #expect(error.detail == "d")
    #expect(error.hint == "h")
    #expect(error.position == 12)
    #expect(error.internalPosition == 3)
    #expect(error.internalQuery == "SELECT 1")
    #expect(error.where == "w")
    #expect(error.schema == "public")
    #expect(error.table == "tab")
    #expect(error.column == "col")
    #expect(error.dataType == "int4")
    #expect(error.constraint == "con")
    #expect(error.file == "slot.c")
    #expect(error.line == 519)
    #expect(error.routine == "Acquire")
    #expect(error.debugDescription.hasPrefix("localizedSeverity: FEHLER, severity: ERROR, "))
  }

  @Test func `does without fields`() throws {
    let error = try decode([])
    #expect(error == ServerError([:]))
    #expect(error.sqlState.rawValue.isEmpty)
    #expect(error.detail == nil)
    #expect(error.line == nil)
    #expect(error.description == "an error without a message")
    #expect(try decode([("S", "ERROR"), ("M", "m")]).description == "ERROR: m")
  }

  @Test func `skips unknown fields and numbers that are none`() throws {
    let error = try decode([("Z", "?"), ("M", "m"), ("\u{FF}", "?"), ("L", "x"), ("P", "")])
    #expect(error.message == "m")
    #expect(error.line == nil)
    #expect(error.position == nil)
  }

  @Test func `repairs text that is not UTF-8`() throws {
    let body: [UInt8] = [UInt8(ascii: "M"), 0x66, 0xFC, 0x72, 0, 0]
    let error = try ServerError(decoding: body.span)
    #expect(error.message == "f\u{FFFD}r")
  }

  @Test func `refuses a message cut anywhere, or with more behind it`() throws {
    let body = encode([("S", "ERROR"), ("C", "55006"), ("M", "held"), ("D", "")])
    for end in body.indices {
      let cut = Array(body[..<end])
      #expect(throws: WireError.self, "cut at \(end)") { try ServerError(decoding: cut.span) }
    }
    let long = body + [0]
    #expect(throws: WireError.trailingBytes(count: 1)) { try ServerError(decoding: long.span) }
    let open = Array("Mx".utf8)
    #expect(throws: WireError.unterminatedString) { try ServerError(decoding: open.span) }
  }

  @Test func `describes itself on one line`() {
    let error = ServerError([
      .localizedSeverity: "FEHLER", .severity: "ERROR", .sqlState: "55006",
      .message: "replication slot \"s\"\nis active", .detail: "By PID 1.", .hint: "Wait.\r\u{7}",
      .where: "COPY t, line 1: secret row",
    ])
    #expect(
      "\(error)" == "ERROR 55006: replication slot \"s\" is active (By PID 1.; Wait.  )")
    #expect(
      "\(ServerError([.severity: "FATAL", .sqlState: "57P01", .message: "m", .hint: "h"]))"
        == "FATAL 57P01: m (h)")
  }

  @Test func `leaves the row of an integrity violation out`() {
    let error = ServerError([
      .severity: "ERROR", .sqlState: "23505", .message: "duplicate key",
      .detail: "Key (email)=(a@b) already exists.",
    ])
    #expect("\(error)" == "ERROR 23505: duplicate key")
    #expect(error.sqlState.classCode == "23")
  }

  private func decode(_ fields: [(Character, String)]) throws(WireError) -> ServerError {
    let body = encode(fields)
    return try ServerError(decoding: body.span)
  }

  private func encode(_ fields: [(Character, String)]) -> [UInt8] {
    var writer = ByteWriter()
    for (code, text) in fields {
      writer.write(contentsOf: code.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })
      writer.writeCString(text)
    }
    writer.write(UInt8(0))
    return writer.bytes
  }
}
