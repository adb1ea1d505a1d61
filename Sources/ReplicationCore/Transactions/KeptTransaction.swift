internal import PGOutput
internal import PGWire

/// A transaction that comes whole and is kept until all of it has come.
struct KeptTransaction: Sendable {
  let info: TransactionInfo
  /// Its first message.
  let first: [UInt8]

  /// - Parameter payload: BEGIN or BEGIN PREPARE.
  init(
    _ kind: PgOutputMessage.Kind, _ payload: Payload, at lsn: LSN
  ) throws(PgOutputError) {
    (info, first) = try payload.withBytes { (bytes) throws(PgOutputError) in
      do throws(WireError) {
        let info =
          kind == .begin
          ? TransactionInfo(try Begin(decoding: bytes))
          : TransactionInfo(try BeginPrepare(decoding: bytes))
        return (info, Self.copy(bytes))
      } catch {
        throw .malformed(kind, error, lsn: lsn)
      }
    }
  }

  /// Where it ends, and its last message.
  ///
  /// - Parameter payload: COMMIT or PREPARE.
  static func end(
    _ kind: PgOutputMessage.Kind, _ payload: Payload, at lsn: LSN
  ) throws(PgOutputError) -> (LSN, [UInt8]) {
    try payload.withBytes { (bytes) throws(PgOutputError) in
      do throws(WireError) {
        let end =
          kind == .commit
          ? try Commit(decoding: bytes).endLSN : try Prepare(decoding: bytes).endLSN
        return (end, copy(bytes))
      } catch {
        throw .malformed(kind, error, lsn: lsn)
      }
    }
  }

  private static func copy(_ bytes: Span<UInt8>) -> [UInt8] {
    var copy: [UInt8] = []
    copy.reserveCapacity(bytes.count)
    for index in bytes.indices { copy.append(bytes[index]) }
    return copy
  }
}

extension TransactionInfo {
  init(_ begin: Begin) {
    self.init(
      kind: .committed, xid: begin.xid, commitLSN: begin.finalLSN, time: begin.commitTime)
  }

  init(_ begin: BeginPrepare) {
    self.init(
      kind: .prepared(gid: begin.gid), xid: begin.xid, commitLSN: begin.prepareLSN,
      time: begin.prepareTime, prepareEnd: begin.endLSN)
  }
}
