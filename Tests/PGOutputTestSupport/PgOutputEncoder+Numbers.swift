import CDCTime
import PGWire
package import ReplicationTestKit

// The encoder with numbers in place of positions and times, and with defaults where a test does not
// care.

extension PgOutputEncoder {
  package static func begin(finalLSN: UInt64, time: Int64, xid: UInt32) -> [UInt8] {
    begin(finalLSN: lsn(finalLSN), commitTime: at(time), xid: xid)
  }

  package static func commit(commitLSN: UInt64, endLSN: UInt64, time: Int64) -> [UInt8] {
    commit(commitLSN: lsn(commitLSN), endLSN: lsn(endLSN), commitTime: at(time))
  }

  package static func origin(commitLSN: UInt64, name: String) -> [UInt8] {
    origin(commitLSN: lsn(commitLSN), name: name)
  }

  /// - Parameter identity: Any letter.
  package static func relation(
    _ oid: UInt32, namespace: String = "public", _ name: String, identity: Character,
    _ columns: [ColumnHeader]
  ) -> [UInt8] {
    relation(
      oid, namespace: namespace, name, identityByte: identity.asciiValue ?? 0, columns)
  }

  /// - Parameter options: Any bits.
  package static func truncate(_ oids: [UInt32], options: UInt8) -> [UInt8] {
    truncate(oids, optionBits: options)
  }

  package static func message(
    transactional: Bool, lsn position: UInt64, prefix: String, content: [UInt8]
  ) -> [UInt8] {
    message(isTransactional: transactional, lsn: lsn(position), prefix: prefix, content: content)
  }

  package static func streamCommit(
    _ xid: UInt32, commitLSN: UInt64 = 1, endLSN: UInt64 = 2, time: Int64 = 3
  ) -> [UInt8] {
    streamCommit(xid, commitLSN: lsn(commitLSN), endLSN: lsn(endLSN), commitTime: at(time))
  }

  package static func streamAbort(
    _ xid: UInt32, subxid: UInt32, lsn position: UInt64, time: Int64 = 0
  ) -> [UInt8] {
    streamAbort(xid, subxid: subxid, abortLSN: lsn(position), abortTime: at(time))
  }

  package static func beginPrepare(
    _ xid: UInt32, gid: String, prepareLSN: UInt64 = 1, endLSN: UInt64 = 2, time: Int64 = 3
  ) -> [UInt8] {
    beginPrepare(
      xid, gid: gid, prepareLSN: lsn(prepareLSN), endLSN: lsn(endLSN), prepareTime: at(time))
  }

  /// A Prepare (`P`), Stream Prepare (`p`) or Commit Prepared (`K`).
  package static func prepared(
    _ letter: Character, _ xid: UInt32, gid: String, lsn position: UInt64 = 1, endLSN: UInt64 = 2,
    time: Int64 = 3
  ) -> [UInt8] {
    prepared(
      letter, xid, gid: gid, lsn: lsn(position), endLSN: lsn(endLSN), time: at(time))
  }

  package static func rollbackPrepared(
    _ xid: UInt32, gid: String, prepareEndLSN: UInt64 = 1, endLSN: UInt64 = 2,
    prepareTime: Int64 = 3, rollbackTime: Int64 = 4
  ) -> [UInt8] {
    rollbackPrepared(
      xid, gid: gid, prepareEndLSN: lsn(prepareEndLSN), endLSN: lsn(endLSN),
      prepareTime: at(prepareTime), rollbackTime: at(rollbackTime))
  }

  private static func lsn(_ position: UInt64) -> LSN { LSN(rawValue: position) }

  private static func at(_ microseconds: Int64) -> PostgresTimestamp {
    PostgresTimestamp(microseconds: microseconds)
  }
}
