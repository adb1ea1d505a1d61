import PGWire
import ReplicationCore
import Testing

/// Whole lives of programs, each over a network that breaks at another operation, through connecting,
/// queries, snapshot, stream and the end of the slot.
///
/// `Scripts/test --filter` with `PGREPL_TEST_FAULTS=all` tries every operation with every fault.
@Suite struct FaultEnumerationTests {
  /// The oldest and the newest.
  static let servers =
    TestServer.all.count > 2 ? [TestServer.all[0]] + TestServer.newest : TestServer.all

  /// How long a life waits for anything: the error must not need it.
  private static let patience = Duration.seconds(60)

  /// Without resumption: the error says that the connection is gone, and the next attempt works.
  @Test(arguments: servers)
  func `a client gets the right error, and its next attempt works`(
    server: TestServer
  ) async throws {
    try await onSite(server) { site in
      let count = try await forEachFaultyOperation(on: site, site.options) { number in
        number % 3 == 0 ? [.cut, .torn, .reset, .delay] : [.cut, .torn]
      } life: { run in
        var life = try PlainLife(run, patience: Self.patience)
        try await life.live()
      }
      // Five connections, and what is asked and streamed over them.
      #expect(count > 80)
    }
  }

  /// Its own attempts repair what was cut and reset; a new process continues where a message was
  /// torn.
  @Test(arguments: servers)
  func `a subscription delivers each row once, in order`(server: TestServer) async throws {
    try await onSite(server) { site in
      let count = try await forEachFaultyOperation(on: site, site.options) { number in
        number % 3 == 0 ? [.cut, .torn, .reset, .delay] : [.cut, .torn]
      } life: { run in
        var life = SubscriptionLife(
          run, patience: Self.patience, isRestarted: run.fault == .torn)
        try await life.live()
      }
      #expect(count > 120)
    }
  }
}
