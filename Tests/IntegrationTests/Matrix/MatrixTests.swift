import Testing

/// Text and binary, the versions of pgoutput's protocol, TLS, streaming and two-phase, in every
/// combination: what is possible brings the same changes, and what is not is refused.
///
/// `Scripts/matrix` runs all of it and prints a table. Otherwise about half of the combinations run, in
/// which any two values meet: all of them take longer than other tests should have to wait.
@Suite struct MatrixTests {
  @Test(arguments: TestServer.all)
  func `every way to ask for a stream brings the same changes, or is refused`(
    server: TestServer
  ) async throws {
    try await MatrixServer.with(server) { matrix in
      for one in MatrixReport.shared.isWanted ? MatrixCase.all : MatrixCase.some {
        try Task.checkCancellation()
        let outcome = await matrix.outcome(of: one)
        MatrixReport.shared.add(server, one, outcome)
        if case .failed(let problem) = outcome { Issue.record("\(one): \(problem)") }
      }
    }
  }

  /// How many ways each server has, counted by hand from the documentation.
  @Test(arguments: [(13, 2), (14, 12), (15, 28), (16, 52), (17, 52), (18, 52), (19, 52)])
  func `no more and no less is possible than a server has`(version: Int, count: Int) {
    let all = MatrixCase.all
    #expect(Set(all.map(\.words)).count == 96)
    #expect(all.count { $0.obstacle(onServer: version, hasTLS: true) == nil } == count)
    #expect(all.count { $0.obstacle(onServer: version, hasTLS: false) == nil } == count / 2)
  }
}
