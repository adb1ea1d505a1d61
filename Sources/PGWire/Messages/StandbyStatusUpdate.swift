public import CDCTime

/// The report of our progress to the server.
///
///     r | write 8 | flush 8 | apply 8 | clock 8 | replyRequested 1
///
/// Only `flush` moves a logical slot's `confirmed_flush_lsn`. Report the *end* LSN of a commit that
/// is durable on your side, never a keepalive's `walEnd` by itself and never one above what was
/// received: the server trusts it and never again sends anything below it.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-replication.html>
public struct StandbyStatusUpdate: Hashable, Sendable {
  /// Received, and written somewhere that a crash may still lose.
  public var write: LSN
  /// Durable: the server may discard everything below.
  ///
  /// Zero is ignored by the server.
  public var flush: LSN
  /// Visible to readers on our side.
  public var apply: LSN
  /// Our clock.
  public var clock: PostgresTimestamp
  /// Asks the server for a keepalive at once.
  public var replyRequested: Bool

  /// A report of these positions.
  public init(
    write: LSN, flush: LSN, apply: LSN, clock: PostgresTimestamp, replyRequested: Bool = false
  ) {
    self.write = write
    self.flush = flush
    self.apply = apply
    self.clock = clock
    self.replyRequested = replyRequested
  }

  /// The content of the `CopyData` that carries it: 34 bytes.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(UInt8(ascii: "r"))
    writer.write(write)
    writer.write(flush)
    writer.write(apply)
    writer.write(clock.microseconds)
    writer.write(UInt8(replyRequested ? 1 : 0))
    return writer.bytes
  }
}
