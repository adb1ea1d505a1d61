internal import PGOutput
internal import PGWire

#if DistributedTracing
  internal import Synchronization
  internal import Tracing

  /// Starts the spans of a slot's streams and snapshots.
  ///
  /// A stream outlives the request that has started it. So the spans of a subscription begin traces
  /// of their own, with a link to the span that is current where the subscription is iterated, or
  /// else to the one that was current when it was created.
  struct StreamTracer: Sendable {
    let slot: String
    let database: String
    let hosts: [ConnectionHost]
    private let isOfSubscription: Bool
    /// The context in which the subscription was created.
    private let creation: ServiceContext?

    /// For calls of the caller's, whose span is the parent.
    ///
    /// - Parameter server: The server that was reached, if it is known.
    init(_ params: ReplicationParams, at server: ConnectionOptions? = nil) {
      slot = params.slot
      database = params.connection.database
      hosts = (server ?? params.connection).hosts
      isOfSubscription = false
      creation = nil
    }

    /// For a subscription that is being created.
    init(subscription params: ReplicationParams) {
      slot = params.slot
      database = params.connection.database
      hosts = params.connection.hosts
      isOfSubscription = true
      creation = ServiceContext.current
    }

    func start(
      _ name: String, _ kind: SpanKind, _ describe: (inout SpanAttributes) -> Void
    ) -> any Tracing.Span {
      let span = start(name, kind)
      guard span.isRecording else { return span }
      span.updateAttributes { attributes in
        attributes.setDatabase(of: self)
        describe(&attributes)
      }
      return span
    }

    private func start(_ name: String, _ kind: SpanKind) -> any Tracing.Span {
      let tracer = InstrumentationSystem.tracer
      let current = ServiceContext.current
      // Without a tracer the consumer keeps the context that it has.
      guard isOfSubscription, !(tracer is NoOpTracer) else {
        return tracer.startSpan(name, context: current ?? .topLevel, ofKind: kind)
      }
      let span = tracer.startSpan(name, context: .topLevel, ofKind: kind)
      if let cause = current ?? creation, !cause.isEmpty {
        span.addLink(SpanLink(context: cause, attributes: [:]))
      }
      return span
    }

    /// Runs a closure with the span as the current one, and ends the span.
    func run<R>(
      _ span: any Tracing.Span, _ body: (any Tracing.Span) async throws -> R
    ) async rethrows -> R {
      defer { span.end() }
      do {
        return try await Self.bind(span.context) { try await body(span) }
      } catch {
        span.fail(error)
        throw error
      }
    }

    /// Runs a closure in a context, and where the caller runs.
    private static func bind<R>(
      _ context: ServiceContext, isolation: isolated (any Actor)? = #isolation,
      _ body: () async throws -> R
    ) async rethrows -> R {
      try await ServiceContext.$current.withValue(context) {
        // A closure has the isolation of its function only if it captures it.
        _ = isolation
        return try await body()
      }
    }
  }

  extension StreamTracer {
    /// An attempt to open a stream, which ends with the server that was reached.
    struct Attempt: Sendable {
      fileprivate let span: any Tracing.Span

      func end(_ result: Result<ConnectionOptions, ReplicationError>) {
        switch result {
        case .success(let server):
          if let host = server.hosts.first {
            span.updateAttributes { $0.setServer(host) }
          }
        case .failure(let error): span.fail(error)
        }
        span.end()
      }
    }

    /// A COPY of a range of a table.
    struct Reading: Sendable {
      fileprivate let span: any Tracing.Span
      private var rows = 0
      private var bytes = 0
      private var failure: ReplicationError?

      fileprivate init(span: any Tracing.Span) {
        self.span = span
      }

      mutating func add(_ batch: SnapshotBatch) {
        rows += batch.rowCount
        bytes += batch.byteCount
      }

      mutating func fail(_ error: ReplicationError) { failure = error }

      /// It has come to its end.
      func end() {
        span.updateAttributes { $0.setAmount(rows: rows, bytes: bytes) }
        span.end()
      }

      /// It has broken off, or is given up.
      func abandon(_ error: ReplicationError? = nil) {
        span.fail(error ?? failure ?? .cancelled)
        end()
      }
    }

    /// What the consumer has taken of a chunk.
    struct ChunkTally: ~Copyable, Sendable {
      private let rows = Atomic<Int>(0)
      private let bytes = Atomic<Int>(0)

      func count(_ batch: SnapshotBatch) {
        rows.wrappingAdd(batch.rowCount, ordering: .relaxed)
        bytes.wrappingAdd(batch.byteCount, ordering: .relaxed)
      }

      func report(to span: any Tracing.Span) {
        let (takenRows, takenBytes) = (
          rows.load(ordering: .relaxed), bytes.load(ordering: .relaxed)
        )
        span.updateAttributes { $0.setAmount(rows: takenRows, bytes: takenBytes) }
      }
    }

    func beginAttempt() -> Attempt {
      let span = start("connect \(slot)", .client) { attributes in
        attributes.set("db.operation.name", value: .string("START_REPLICATION"))
        if hosts.count == 1, let host = hosts.first { attributes.setServer(host) }
      }
      return Attempt(span: span)
    }

    func beginReading(_ table: SnapshotTable) -> Reading {
      let name = table.relation.qualifiedName
      let span = start("COPY \(name)", .client) { attributes in
        attributes.set("db.operation.name", value: .string("COPY"))
        attributes.set("db.collection.name", value: .string(name))
        if let host = hosts.first { attributes.setServer(host) }
      }
      return Reading(span: span)
    }
  }
#else
  /// Without the package's trait `DistributedTracing` there are no spans, and this does nothing.
  struct StreamTracer: Sendable {
    @inline(__always)
    init(_ params: ReplicationParams, at server: ConnectionOptions? = nil) {}

    @inline(__always)
    init(subscription params: ReplicationParams) {}

    struct Attempt: Sendable {
      @inline(__always)
      func end(_ result: Result<ConnectionOptions, ReplicationError>) {}
    }

    struct Reading: Sendable {
      @inline(__always)
      mutating func add(_ batch: SnapshotBatch) {}

      @inline(__always)
      mutating func fail(_ error: ReplicationError) {}

      @inline(__always)
      func end() {}

      @inline(__always)
      func abandon(_ error: ReplicationError? = nil) {}
    }

    struct ChunkTally: Sendable {
      @inline(__always)
      func count(_ batch: SnapshotBatch) {}
    }

    @inline(__always)
    func beginAttempt() -> Attempt { Attempt() }

    @inline(__always)
    func beginReading(_ table: SnapshotTable) -> Reading { Reading() }
  }
#endif
