#if DistributedTracing
  import InMemoryTracing
  import PGOutputTestSupport
  import PGWire
  import ReplicationTestKit
  import TestSupport
  import Testing
  import Tracing

  @testable import ReplicationCore

  /// The spans of transactions, chunks and attempts to connect.
  @Suite struct TracingTraitTests {
    private struct Refused: Error, Equatable {
      let row: String
    }

    /// Two transactions, each with a row that no span may have.
    private func makeStream() throws -> SimulatedStream {
      let stream = try SimulatedStream()
      for xid in [7, 8] as [UInt32] {
        stream.write()
        let commit = stream.position
        _ = stream.ends(at: commit + 8)
        stream.write(8)
        try stream.send([
          PgOutputEncoder.begin(finalLSN: commit, time: 1, xid: xid),
          PgOutputEncoder.relation(9, "t", [.key("name", 25)]),
          PgOutputEncoder.insert(9, new: [.text(Array("of a row".utf8))]),
          PgOutputEncoder.commit(commitLSN: commit, endLSN: commit + 8, time: 1),
        ])
      }
      return stream
    }

    /// The same, created in a span.
    private func makeStream(in span: String, _ tracer: InMemoryTracer) throws -> SimulatedStream {
      try tracer.withSpan(span) { _ in try makeStream() }
    }

    private func work(_ tracer: InMemoryTracer) -> [FinishedInMemorySpan] {
      tracer.finishedSpans.filter { $0.operationName == "process s" }
    }

    @Test func `a handler runs in a span that begins a trace and is linked to the caller's`()
      async throws
    {
      let tracer = InMemoryTracer()
      var current: [String?] = []
      try await withTracer(tracer) {
        let stream = try makeStream()
        try await withSpan("job") { _ in
          try await stream.subscription.run { transaction in
            current.append(ServiceContext.current?.inMemorySpanContext?.spanID)
            for try await _ in transaction.changes {}
          }
        }
      }
      let job = try #require(tracer.finishedSpans.first { $0.operationName == "job" })
      let work = work(tracer)
      #expect(work.count == 2)
      #expect(current.compactMap(\.self) == work.map(\.spanID))
      #expect(Set(work.map(\.traceID)).count == 2)
      for span in work {
        #expect(span.kind == .consumer && span.parentSpanID == nil && span.status == nil)
        #expect(span.traceID != job.traceID)
        #expect(span.links.map { $0.context.inMemorySpanContext?.spanID } == [job.spanID])
        #expect(span.attributes.get("messaging.destination.name") == .string("s"))
        #expect(span.attributes.get("db.namespace") == .string("u"))
        #expect(!"\(span)".contains("of a row"))
      }
      #expect(work.map { $0.attributes.get("pgrepl.xid") } == [.int64(7), .int64(8)])
      // The log begins at 0x1000; a transaction is 100 bytes, and its commit 8.
      let commits = work.map { $0.attributes.get("pgrepl.commit_lsn") }
      #expect(commits == [.string("0/1064"), .string("0/10D0")])
    }

    @Test func `an error of a handler is named by its type, and its text is not recorded`()
      async throws
    {
      let tracer = InMemoryTracer()
      try await withTracer(tracer) {
        let stream = try makeStream()
        await #expect(throws: Refused(row: "of a row")) {
          try await stream.subscription.run { _ in throw Refused(row: "of a row") }
        }
      }
      let span = try #require(work(tracer).first)
      #expect(work(tracer).count == 1)
      #expect(span.status == SpanStatus(code: .error))
      #expect(span.attributes.get("error.type") == .string("Refused"))
      #expect(span.errors.isEmpty && !"\(span)".contains("of a row"))
    }

    @Test func `an error of the subscription is recorded with its text`() async throws {
      let tracer = InMemoryTracer()
      try await withTracer(tracer) {
        let stream = try makeStream()
        await #expect(throws: ReplicationError.notAtEnd) {
          try await stream.subscription.run { transaction in _ = try transaction.checkpoint() }
        }
      }
      let span = try #require(work(tracer).first)
      #expect(span.status == SpanStatus(code: .error, message: "\(ReplicationError.notAtEnd)"))
      #expect(span.attributes.get("error.type") == .string("notAtEnd"))
      #expect(span.errors.map { $0.error as? ReplicationError } == [.notAtEnd])
    }

    @Test func `transactions that are iterated are linked to where the subscription was created`()
      async throws
    {
      let tracer = InMemoryTracer()
      var xids: [UInt32] = []
      try await withTracer(tracer) {
        let stream = try makeStream(in: "set-up", tracer)
        for try await transaction in stream.subscription.transactions {
          let xid = try await transaction.withSpan { span in
            for try await _ in transaction.changes {}
            span.updateAttributes { $0.set("shop.region", value: .string("north")) }
            return transaction.xid
          }
          transaction.acknowledge()
          xids.append(xid)
        }
        try await stream.subscription.close()
      }
      #expect(xids == [7, 8])
      let setUp = try #require(tracer.finishedSpans.first { $0.operationName == "set-up" })
      let work = work(tracer)
      #expect(work.count == 2)
      for span in work {
        #expect(span.parentSpanID == nil)
        #expect(span.links.map { $0.context.inMemorySpanContext?.spanID } == [setUp.spanID])
        #expect(span.attributes.get("shop.region") == .string("north"))
      }
    }

    @Test func `without a tracer a handler has the context of its caller`() async throws {
      let tracer = InMemoryTracer()
      let span = tracer.startSpan("job")
      let stream = try makeStream()
      var current: [String?] = []
      try await ServiceContext.$current.withValue(span.context) {
        try await stream.subscription.run { _ in
          current.append(ServiceContext.current?.inMemorySpanContext?.spanID)
        }
      }
      span.end()
      #expect(current == [span.spanID, span.spanID])
    }

    /// Runs where it is called, as functions do that belong to no actor.
    private func isolation() async -> (any Actor)? { #isolation }

    private func isolations(of subscription: Subscription) async throws -> [(any Actor)?] {
      var found: [(any Actor)?] = []
      try await subscription.run { _ in found.append(await isolation()) }
      return found
    }

    @Test @MainActor func `a handler runs where the subscription is run`() async throws {
      let stream = try makeStream()
      let tracer = InMemoryTracer()
      let found = try await withTracer(tracer) { try await isolations(of: stream.subscription) }
      #expect(found.count == 2 && found.allSatisfy { $0 === MainActor.shared })
      #expect(work(tracer).count == 2)
    }

    @Test func `items have spans too, and those of chunks have what was taken`() async throws {
      let tracer = InMemoryTracer()
      let consumer = try await offPoolAsync {
        var random = RepeatableGenerator(seed: 1)
        let history = RandomIncrementalTests.history(1, hasPartialMoves: false, &random)
        let consumer = ItemConsumer(ScriptedSource(history, seed: 1))
        return try await withTracer(tracer) {
          var consumer = consumer
          try await consumer.run()
          return consumer
        }
      }
      #expect(consumer.isWhole && consumer.chunks > 0 && consumer.transactions > 0)
      let spans = tracer.finishedSpans
      let chunks = spans.filter { $0.operationName == "snapshot public.t" }
      #expect(chunks.count == consumer.chunks + consumer.broken)
      #expect(chunks.count { $0.status == nil } == chunks.count)
      #expect(
        spans.count { $0.operationName == "process test_slot" } == consumer.transactions)
      func sum(_ name: String) -> Int64 {
        chunks.reduce(0) { sum, span in
          if case .int64(let number)? = span.attributes.get(name) { sum + number } else { sum }
        }
      }
      #expect(sum("pgrepl.rows") == Int64(consumer.chunkRows))
      #expect(sum("pgrepl.bytes") > sum("pgrepl.rows") && consumer.chunkRows > 0)
      #expect(chunks.allSatisfy { $0.attributes.get("db.collection.name") == .string("public.t") })
    }
  }
#endif
