import Testing

/// The style of the sources, as far as a machine can check it; `RuleTests` checks the rules.
@Suite struct TidyTests {
  private func expectNone(_ rule: (SourceFile) -> [Finding]) throws {
    let files = try Checkout.swiftFiles()
    #expect(files.contains { $0.path == "Sources/PGWire/Bytes/LSN.swift" }, "reads another tree")
    for finding in files.flatMap(rule) { Issue.record("\(finding)") }
  }

  @Test func `modules import only what they may`() throws {
    try expectNone(ImportRules.check)
  }

  @Test func `no file is too long`() throws {
    try expectNone(LengthRules.checkFile)
  }

  @Test func `no line is too long`() throws {
    try expectNone(LengthRules.checkLines)
  }

  @Test func `no function is too long`() throws {
    try expectNone(LengthRules.checkFunctions)
  }

  @Test func `nothing is marked as left to do`() throws {
    try expectNone(WordRules.checkMarkers)
  }

  @Test func `libraries do not trap on purpose`() throws {
    try expectNone(WordRules.checkTraps)
  }

  @Test func `unsafe code stays behind its fences`() throws {
    try expectNone(WordRules.checkUnsafe)
  }

  @Test func `descriptors are kept out of child processes from their birth`() throws {
    try expectNone(WordRules.checkDescriptors)
  }

  @Test func `no position or time is added to unchecked`() throws {
    try expectNone(WordRules.checkArithmetic)
  }

  @Test func `git has no build products`() throws {
    for finding in WordRules.checkTracked(try Checkout.trackedPaths() ?? []) {
      Issue.record("\(finding)")
    }
  }
}
