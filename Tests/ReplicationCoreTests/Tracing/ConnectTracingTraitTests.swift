#if DistributedTracing
  import InMemoryTracing
  import PGWire
  import ReplicationTestKit
  import Testing
  import Tracing

  @testable import ReplicationCore

  /// The spans of attempts to open a stream.
  @Suite struct ConnectTracingTraitTests {
    @Test func `a stream that a client opens is a part of what the caller does`() async throws {
      let tracer = InMemoryTracer()
      let server = try ScriptedServer([.stream(), .endStream()])
      var params = try server.replicationParams()
      params.logger = quietLogger
      let client = try Client(params)
      try await withTracer(tracer) {
        try await withSpan("request") { _ in
          let duplex = try await client.startReplication()
          await duplex.close()
        }
      }
      try await server.finish()
      let request = try #require(tracer.finishedSpans.first { $0.operationName == "request" })
      let connect = try #require(
        tracer.finishedSpans.first { $0.operationName == "connect test_slot" })
      #expect(tracer.finishedSpans.count == 2 && tracer.activeSpans.isEmpty)
      #expect(connect.kind == .client && connect.status == nil && connect.links.isEmpty)
      #expect(connect.parentSpanID == request.spanID)
      let attributes = connect.attributes
      #expect(attributes.get("db.system.name") == .string("postgresql"))
      #expect(attributes.get("db.namespace") == .string("test"))
      #expect(attributes.get("server.address") == .string(server.host))
      #expect(attributes.get("server.port") == .int64(Int64(server.port)))
      #expect(attributes.get("pgrepl.slot") == .string("test_slot"))
    }

    @Test func `a refusal of the server is named by its code`() async throws {
      let tracer = InMemoryTracer()
      let refusal = BackendEncoder.errorResponse(
        severity: "FATAL", .invalidPassword, "wrong password")
      let server = try ScriptedServer([.expectStartup(), .send(refusal), .awaitEnd()])
      var params = try server.replicationParams()
      params.logger = quietLogger
      let client = try Client(params)
      _ = await withTracer(tracer) {
        await #expect(throws: ReplicationError.self) { try await client.startReplication() }
      }
      try await server.finish()
      let connect = try #require(tracer.finishedSpans.first)
      // The server's text may have values of rows.
      #expect(connect.status?.code == .error && connect.status?.message == nil)
      #expect(connect.errors.isEmpty)
      #expect(connect.attributes.get("error.type") == .string("28P01"))
      #expect(connect.attributes.get("db.response.status_code") == .string("28P01"))
    }

    /// Nobody listens there.
    @Test(.timeLimit(.minutes(15))) func `each attempt of a subscription has a span of its own`()
      async throws
    {
      let tracer = InMemoryTracer()
      var params = try ReplicationParams(
        url: "postgresql://u:hidden@127.0.0.1:1/d?sslmode=disable", slot: "s", publications: ["p"])
      params.logger = quietLogger
      var options = SubscriptionOptions()
      options.reconnect = ReconnectPolicy(
        initialInterval: .milliseconds(1), longestInterval: .milliseconds(1), timeout: nil)
      let subscription = try Subscription(params, options: options)
      try await withTracer(tracer) {
        try await withSpan("job") { _ in
          let consumer = Task { try await subscription.run { _ in } }
          while tracer.finishedSpans.count < 3 { try await Task.sleep(for: .milliseconds(1)) }
          subscription.stop()
          try await consumer.value
        }
      }
      #expect(tracer.activeSpans.isEmpty)
      let job = try #require(tracer.finishedSpans.first { $0.operationName == "job" })
      let attempts = tracer.finishedSpans.filter { $0.operationName == "connect s" }
      #expect(attempts.count == tracer.finishedSpans.count - 1)
      for attempt in attempts {
        #expect(attempt.parentSpanID == nil && attempt.kind == .client)
        #expect(attempt.links.map { $0.context.inMemorySpanContext?.spanID } == [job.spanID])
        #expect(attempt.status?.code == .error && attempt.attributes.get("error.type") != nil)
        #expect(attempt.attributes.get("server.address") == .string("127.0.0.1"))
        #expect(attempt.attributes.get("server.port") == .int64(1))
        #expect(!"\(attempt)".contains("hidden"))
      }
    }
  }
#endif
