import PGWire
import ReplicationCore
import Testing

/// A server, or a network, that falls silent at every operation that there is, without an end of
/// the connection: the wait ends, and its error says what was awaited.
@Suite struct FrozenStateTests {
  private static let patience = Duration.seconds(3)

  @Test(arguments: FaultEnumerationTests.servers)
  func `silence ends within its limit, and the state is named`(server: TestServer) async throws {
    try await onSite(server) { site in
      let count = try await forEachFaultyOperation(on: site, site.options, lanes: 6) { _ in
        [.freeze]
      } life: { run in
        var life = try PlainLife(run, patience: Self.patience)
        try await life.live()
      }
      #expect(count > 80)
    }
  }

  /// Records of TLS count here: the handshake and all that it protects.
  @Test(arguments: Array(TestServer.startable.suffix(1)))
  func `over TLS silence ends, and a broken record is a lost connection`(
    server: TestServer
  ) async throws {
    try await Certificates.with { certificates in
      try await OwnServer.with(version: server.version) { own in
        try await own.serve(certificates, "rsa-pss")
        try await own.setAccess(["hostssl all postgres 127.0.0.1/32 scram-sha-256"])
        try await onSite(own.server) { site in
          var options = site.options
          options.tls.mode = .require
          let count = try await forEachFaultyOperation(on: site, options, lanes: 6) { _ in
            [.cut, .torn, .freeze]
          } life: { run in
            let patience = run.fault == .freeze ? Self.patience : .seconds(60)
            var life = try PlainLife(run, patience: patience, readsSnapshot: false)
            try await life.live()
          }
          #expect(count > 40)
        }
      }
    }
  }
}
