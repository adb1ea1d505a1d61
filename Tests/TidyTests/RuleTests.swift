import Testing

/// Every rule finds what it is for, names the line, and leaves alone what only looks like it.
@Suite struct RuleTests {
  private func lines(
    _ rule: (SourceFile) -> [Finding], _ path: String, _ text: String
  ) -> [Int] {
    rule(SourceFile(path: path, text: text)).map(\.line)
  }

  @Test(arguments: [
    ("Sources/PGWire/Client.swift", "import ReplicationCore"),
    ("Sources/CDCTime/Clock.swift", "import PGWire"),
    ("Sources/PGOutput/Row.swift", "public import PGOutput"),
    ("Sources/ReplicationCore/Client.swift", "@testable import ReplicationTestKit"),
    ("Sources/PGWire/Protocol/Authentication/SCRAMExchange.swift", "import COpenSSL"),
    ("Sources/ReplicationCore/Client.swift", "internal import COpenSSL"),
    ("Sources/ReplicationCore/CopyBoth/StreamThread.swift", "import CLibPQ"),
    ("Sources/PGWire/Transport/Socket.swift", "import CLibPQ"),
    ("Sources/ReplicationCore/Slots/Socket.swift", "import CSystem"),
    ("Sources/PGWire/Bytes/ByteWriter.swift", "import CSystem"),
    ("Sources/PGWire/Errors/TransportError.swift", "internal import CSystem"),
    ("Sources/PGWire/System/Lock.swift", "import Glibc"),
    ("Sources/PGWire/Options/PassFile.swift", "import struct Glibc.timespec"),
    ("Sources/PGOutput/Values/Float.swift", "package import Darwin"),
    ("Sources/PGOutput/Values/Float.swift", "import CSystem"),
    ("Sources/CDCTime/PostgresClock.swift", "import Musl"),
    ("Sources/CDCTime/PostgresTimestamp.swift", "import CSystem"),
    ("Sources/PGWire/Bytes/LSN.swift", "import Foundation"),
    ("Sources/ReplicationTestKit/Recording.swift", "import FoundationEssentials"),
    ("Sources/Helpers/Helper.swift", "let module = 1"),
  ])
  func `finds a forbidden import`(path: String, line: String) {
    #expect(lines(ImportRules.check, path, line) == [1])
  }

  @Test(arguments: [
    ("Sources/PGWire/Bytes/LSN.swift", "public import CDCTime"),
    ("Sources/PGWire/Transport/TLS.swift", "import COpenSSL"),
    ("Sources/PGWire/Crypto/Digest.swift", "import COpenSSL"),
    ("Sources/PGWire/Transport/Socket.swift", "import CSystem"),
    ("Sources/PGWire/Errors/describeErrno.swift", "internal import CSystem"),
    ("Sources/PGWire/System/FileDescriptor.swift", "internal import CSystem"),
    ("Sources/CDCTime/PostgresClock.swift", "internal import CSystem"),
    ("Sources/ReplicationCore/Slots/ControlConnection.swift", "import CLibPQ"),
    ("Sources/pgcdc/Stream.swift", "import ReplicationTestKit"),
    ("Sources/PGWire/Bytes/LSN.swift", "// import Foundation"),
    ("Sources/PGWire/Bytes/LSN.swift", #"let text = "import Foundation""#),
    ("Tests/PGWireTests/LSNTests.swift", "import Foundation"),
  ])
  func `allows other imports`(path: String, line: String) {
    #expect(lines(ImportRules.check, path, line) == [])
  }

  @Test func `finds what is too long`() {
    let path = "Sources/PGWire/Long.swift"
    let long = String(repeating: "let a = 1\n", count: 400)
    #expect(lines(LengthRules.checkFile, path, long) == [])
    #expect(lines(LengthRules.checkFile, path, long + "let b = 1\n") == [401])

    let wide = String(repeating: "é", count: 100)
    #expect(lines(LengthRules.checkLines, path, "x\n" + wide) == [])
    #expect(lines(LengthRules.checkLines, path, "x\n" + wide + "é\n") == [2])
  }

  @Test(arguments: [
    "func f() {", "init(a: A = .init()) {", "deinit {", "subscript(a: Int) -> Int {",
    "@Test func `a name with { and \" in it`() {", "func f(\n_ a: () -> Int = { 1 }\n) -> Int {",
    "func f()\nwhere T: P {",
  ])
  func `finds a function that is too long`(declaration: String) {
    func text(_ count: Int) -> String {
      let inner = count - declaration.split(separator: "\n").count - 1
      return "\n" + declaration + "\n" + String(repeating: "a = \"}\" // }\n", count: inner) + "}\n"
    }
    #expect(lines(LengthRules.checkFunctions, "Tests/A.swift", text(70)) == [])
    #expect(lines(LengthRules.checkFunctions, "Tests/A.swift", text(71)) == [2])
  }

  @Test func `a requirement of a protocol has no length`() {
    let text =
      "protocol P {\n  func f() -> Int\n  func g()\n"
      + String(repeating: "  // words\n", count: 100) + "  var h: Int { get }\n}\n"
    #expect(lines(LengthRules.checkFunctions, "Sources/PGWire/P.swift", text) == [])
  }

  @Test func `finds marker words in comments and code`() {
    for marker in WordRules.markers {
      let text = "let a = 1\n// \(marker): later\nlet x\(marker) = 2\n"
      #expect(lines(WordRules.checkMarkers, "Tests/A.swift", text) == [2])
    }
  }

  @Test func `finds traps in libraries`() {
    let text =
      "fatalError(\"\")\ntry! f()\na as! B\n// fatalError(\nlet a = \"try!\"\nmyfatalError()\n"
    #expect(lines(WordRules.checkTraps, "Sources/PGOutput/A.swift", text) == [1, 2, 3])
    #expect(lines(WordRules.checkTraps, "Sources/pgcdc/A.swift", text) == [])
    #expect(lines(WordRules.checkTraps, "Tests/PGWireTests/A.swift", text) == [])
  }

  @Test func `finds descriptors that child processes would get`() {
    let text =
      "unsafe pipe(p)\nGlibc.socket(1, 2, 0)\nunsafe open(path, O_RDONLY)\n"
      + "unsafe open(path, O_RDONLY | O_CLOEXEC)\nFileDescriptor.pipe()\nunsafe mkstemp(p)\n"
    let file = SourceFile(path: "Sources/pgcdc/System/A.swift", text: text)
    #expect(WordRules.checkDescriptors(file).map(\.line) == [1, 2, 3, 6])
  }

  @Test func `finds unsafe code outside its fences`() {
    let text = "unsafe f()\nlet a: UnsafePointer<Int>\n// unsafe f()\nnonunsafe ()\n"
    #expect(lines(WordRules.checkUnsafe, "Sources/PGWire/Bytes/LSN.swift", text) == [1, 2])
    #expect(
      lines(WordRules.checkUnsafe, "Sources/ReplicationCore/CopyBoth/A.swift", text) == [1, 2])
    #expect(lines(WordRules.checkUnsafe, "Sources/PGWire/Transport/A.swift", text) == [])
    #expect(lines(WordRules.checkUnsafe, "Sources/ReplicationCore/Slots/A.swift", text) == [])
    #expect(lines(WordRules.checkUnsafe, "Sources/pgcdc/Signals.swift", text) == [])
  }

  @Test func `finds arithmetic on what a server says`() {
    let text = """
      let a = lsn.rawValue + 1
      let b = limit * slot.end.rawValue
      let c = now.microseconds - then.microseconds
      let d = estimates.reduce(0, +)
      let e = "lsn.rawValue + 1"
      let f = lsn.rawValue.addingSaturating(1)
      """
    #expect(
      lines(WordRules.checkArithmetic, "Sources/ReplicationCore/A.swift", text) == [1, 2, 3, 4])
    #expect(lines(WordRules.checkArithmetic, "Sources/CDCTime/A.swift", text) == [])
  }

  @Test func `finds build products in git`() {
    let paths = ["Package.swift", "Package.resolved", "Fuzz/Package.resolved"]
    #expect(
      WordRules.checkTracked(paths).map(\.path) == ["Package.resolved", "Fuzz/Package.resolved"])
  }

  @Test(arguments: [
    ("a // b", "a     "), ("a /* b /* c */ d */ e", "a                   e"),
    (#"f("a // b", c)"#, #"f("      ", c)"#), (#"f("\"", c)"#, #"f("  ", c)"#),
    (#"f("\(g("x"))y", c)"#, #"f(" (g(" ")) ", c)"#),
    ("#\"a\"b\\\"#", "#\"    \"#"), ("\"\"\"\n\"a\"\n\"\"\"", "\"\"\"\n   \n\"\"\""),
    (#"#/"/# + 1"#, #"#     + 1"#), ("`a \" b` + 1", "        + 1"), ("\"a\nb", "\" \nb"),
    ("#if a", "#if a"), ("a /* b", "a     "), ("#", "#"), ("\"\\", "\" "),
  ])
  func `masks comments and strings`(text: String, masked: String) {
    #expect(CodeMask.apply(to: text) == masked)
  }
}
