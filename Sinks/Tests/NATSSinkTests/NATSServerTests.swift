import Testing

/// Says whether the tests that need a server run.
@Suite struct NATSServerTests {
  @Test func `on CI there is a server`() {
    #expect(
      TestNATS.url != nil || !TestNATS.isOnCI, "set PGCDC_NATS_URL to a server with JetStream")
  }
}
