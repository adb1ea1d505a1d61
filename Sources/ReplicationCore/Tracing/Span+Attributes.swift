#if DistributedTracing
  internal import PGWire
  internal import Tracing

  // The names are those of OpenTelemetry's semantic conventions; what these have no name for begins
  // with `pgrepl.`, as the metrics do. No attribute has a secret or a value of a row.

  extension SpanAttributes {
    mutating func setDatabase(of tracer: StreamTracer) {
      set("db.system.name", value: .string("postgresql"))
      set("db.namespace", value: .string(tracer.database))
      set("pgrepl.slot", value: .string(tracer.slot))
    }

    mutating func setServer(_ host: ConnectionHost) {
      set("server.address", value: .string(host.name ?? host.address ?? ""))
      if !host.endpoint.isLocal { set("server.port", value: .int64(Int64(host.port))) }
    }

    mutating func setMessage(_ id: String, of tracer: StreamTracer) {
      set("messaging.system", value: .string("postgresql"))
      set("messaging.destination.name", value: .string(tracer.slot))
      set("messaging.operation.name", value: .string("process"))
      set("messaging.operation.type", value: .string("process"))
      set("messaging.message.id", value: .string(id))
    }

    mutating func setAmount(rows: Int, bytes: Int) {
      set("pgrepl.rows", value: .int64(Int64(rows)))
      set("pgrepl.bytes", value: .int64(Int64(bytes)))
    }
  }

  extension Tracing.Span {
    /// Records an error; the text only of our own errors, which hold neither rows nor secrets.
    func fail(_ error: any Error) {
      let ours = error as? ReplicationError
      updateAttributes { attributes in
        attributes.set("error.type", value: .string(ours?.group ?? "\(type(of: error))"))
        if let state = ours?.sqlState?.rawValue, !state.isEmpty {
          attributes.set("db.response.status_code", value: .string(state))
        }
      }
      guard let ours, !ours.hasForeignText else { return setStatus(SpanStatus(code: .error)) }
      recordError(ours)
      setStatus(SpanStatus(code: .error, message: "\(ours)"))
    }
  }

  extension ReplicationError {
    /// Whether its text has parts that the server, a store or a provider of secrets has written.
    fileprivate var hasForeignText: Bool {
      switch self {
      case .checkpointStore, .connection(.authentication(.providerFailed)): true
      default: serverError != nil
      }
    }
  }
#endif
