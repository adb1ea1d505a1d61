internal import CSinkLibPQ
internal import ChangeSinks
internal import PGWire

/// Waiting for the server, with a limit.
extension TargetConnection {
  /// Has libpq send all that it was given.
  func flush() throws(SinkError) {
    unsent = 0
    while true {
      switch unsafe PQflush(connection) {
      case 0: return
      case 1:
        // A server whose answers nobody reads would stop reading too.
        if try wait(writes: true), unsafe PQconsumeInput(connection) != 1 { throw lost }
      default: throw lost
      }
    }
  }

  /// Waits for bytes of the server, and takes them.
  func receive() throws(SinkError) {
    _ = try wait(writes: false)
    guard unsafe PQconsumeInput(connection) == 1 else { throw lost }
  }

  /// Waits until the connection can be read, or written if `writes` is set.
  ///
  /// - Returns: Whether it can be read.
  func wait(writes: Bool) throws(SinkError) -> Bool {
    let began = ContinuousClock.now
    var silentSince = began
    while true {
      let left = settings.timeout - (ContinuousClock.now - silentSince)
      let ready = csinkpq_wait(
        unsafe PQsocket(connection), 1, writes ? 1 : 0, left.pollMilliseconds)
      if ready > 0 { return ready & 1 != 0 }
      guard ready == 0 else { throw lost }
      let now = ContinuousClock.now
      guard now - silentSince >= settings.timeout else { continue }
      guard now - began < settings.statementTimeout else {
        throw SinkError(
          engine: engine, .transient,
          "\(activity) failed: the server was busy with one statement for "
            + "\(settings.statementTimeout); it may wait for a lock of another session")
      }
      guard isBusy else {
        throw SinkError(
          engine: engine, .transient,
          "\(activity) failed: the server did not answer within \(settings.timeout)")
      }
      silentSince = now
    }
  }

  /// Whether the server says, over another connection, that it is busy with our statement.
  private var isBusy: Bool {
    let process = unsafe PQbackendPID(connection)
    let rows: [[String?]]?
    do throws(SinkError) {
      let other = try TargetConnection.open(settings, to: host, isObserver: true)
      rows = try other.query(
        """
        SELECT 1 FROM pg_catalog.pg_stat_activity
        WHERE pid OPERATOR(pg_catalog.=) $1::pg_catalog.int4
          AND state OPERATOR(pg_catalog.=) 'active'
        """, [String(process)])
    } catch {
      rows = nil
    }
    return rows?.isEmpty == false
  }
}

extension Duration {
  /// For `poll`, rounded up: 0 to one hour.
  var pollMilliseconds: Int32 {
    let parts = components
    guard parts.seconds < 3600 else { return 3_600_000 }
    guard self > .zero else { return 0 }
    return Int32(parts.seconds) * 1000 + Int32(parts.attoseconds / 1_000_000_000_000_000) + 1
  }
}
