public import PGWire

extension Client {
  /// The health of the slot; `nil` if the slot does not exist.
  ///
  /// - Parameter time: How long to watch the log grow, to estimate when its limit is reached; not
  ///   at all if zero.
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public func slotHealth(
    watchingFor time: Duration = .zero
  ) async throws(ReplicationError) -> SlotHealth? {
    let known = server.withLock { $0 }
    return try await Self.health(control, known: known, watchingFor: time)
      .first { $0.slot.name == slotName.text }
  }

  /// The health of all slots of the server that these options connect to, by name.
  ///
  /// - Parameter time: How long to watch the log grow, to estimate when its limit is reached; not
  ///   at all if zero.
  /// - Throws: ``ReplicationError`` if the server can't be asked.
  public static func slotHealth(
    _ options: ConnectionOptions, watchingFor time: Duration = .zero
  ) async throws(ReplicationError) -> [SlotHealth] {
    let link = ControlLink(options)
    defer { link.close() }
    return try await health(link, known: nil, watchingFor: time)
  }

  private static func health(
    _ link: ControlLink, known: ConnectionOptions?, watchingFor time: Duration
  ) async throws(ReplicationError) -> [SlotHealth] {
    guard time > .zero else {
      return try await link.run(known: known) { control throws(ControlError) in
        try control.slotHealth(since: nil)
      }
    }
    let earlier = try await link.run(known: known) { control throws(ControlError) in
      try control.ask(.walSample)
    }
    do {
      try await Task.sleep(for: time)
    } catch {
      throw .cancelled
    }
    return try await link.run(known: known) { control throws(ControlError) in
      try control.slotHealth(since: earlier)
    }
  }
}
