public import ReplicationCore

extension Subscription {
  /// Writes everything that is delivered into a sink, and acknowledges it once it is durable there.
  ///
  /// While the engine writes one batch, the next one is filled. When this ends, for any reason, all
  /// acknowledgements have been reported, and the stream is closed cleanly.
  ///
  /// - Parameters:
  ///   - session: The sink, opened; it has to be this subscription's checkpoint store, and the
  ///     subscription's options have to be of ``SinkSession/options(_:)``.
  ///   - limits: How much is put into one batch.
  /// - Throws: ``SinkError``, ``/ChangeFormats/FormatError``, or
  ///   ``/ReplicationCore/ReplicationError``. After ``/ReplicationCore/Subscription/stop()`` it
  ///   returns.
  public func run<Sink: ChangeSink>(
    into session: SinkSession<Sink>, limits: SinkLimits = SinkLimits()
  ) async throws {
    do {
      try await writeAll(into: session, limits)
    } catch ReplicationError.checkpointStore(let reason) {
      // What can be done about it, only the engine's own error says.
      throw session.failure ?? ReplicationError.checkpointStore(reason)
    }
  }

  private func writeAll<Sink: ChangeSink>(
    into session: SinkSession<Sink>, _ limits: SinkLimits
  ) async throws {
    do {
      try await write(into: session, limits)
    } catch {
      // Even in a task that is cancelled; the first error is the one that is thrown.
      _ = await Task { try await self.close() }.result
      throw error
    }
    try await close()
  }

  private func write<Sink: ChangeSink>(
    into session: SinkSession<Sink>, _ limits: SinkLimits
  ) async throws {
    if session.state.unfinished != nil { holdSnapshots() }
    let encoder = try await session.sink.makeEncoder(for: self, after: session.state)
    var pump = SinkPump(self, session, encoder, limits)
    try await pump.run()
  }
}
