import PGWire

/// What frames streamed and prepared transactions.
extension PgOutputEncoder {
  /// A change as it looks inside a streamed block: its xid behind the letter.
  package static func inBlock(_ xid: UInt32, _ message: [UInt8]) -> [UInt8] {
    var output = ByteWriter()
    output.write(contentsOf: message.prefix(1))
    output.write(xid)
    output.write(contentsOf: message.dropFirst())
    return output.bytes
  }

  package static func streamStart(_ xid: UInt32, isFirst: Bool = true) -> [UInt8] {
    message("S") { output in
      output.write(xid)
      output.write(UInt8(isFirst ? 1 : 0))
    }
  }

  package static let streamStop = message("E") { _ in }

  package static func streamCommit(
    _ xid: UInt32, commitLSN: UInt64 = 1, endLSN: UInt64 = 2, time: Int64 = 3
  ) -> [UInt8] {
    message("c") { output in
      output.write(xid)
      output.write(UInt8(0))
      output.write(commitLSN)
      output.write(endLSN)
      output.write(time)
    }
  }

  /// A Stream Abort: the long one of `streaming` at `parallel` if a position is given.
  package static func streamAbort(
    _ xid: UInt32, subxid: UInt32, lsn: UInt64? = nil, time: Int64 = 0
  ) -> [UInt8] {
    message("A") { output in
      output.write(xid)
      output.write(subxid)
      guard let lsn else { return }
      output.write(lsn)
      output.write(time)
    }
  }

  package static func beginPrepare(
    _ xid: UInt32, gid: String, prepareLSN: UInt64 = 1, endLSN: UInt64 = 2, time: Int64 = 3
  ) -> [UInt8] {
    message("b") { output in
      output.write(prepareLSN)
      output.write(endLSN)
      output.write(time)
      output.write(xid)
      output.writeCString(gid)
    }
  }

  /// A Prepare (`P`), Stream Prepare (`p`) or Commit Prepared (`K`), which have the same fields.
  package static func prepared(
    _ letter: Character, _ xid: UInt32, gid: String, lsn: UInt64 = 1, endLSN: UInt64 = 2,
    time: Int64 = 3
  ) -> [UInt8] {
    message(letter) { output in
      output.write(UInt8(0))
      output.write(lsn)
      output.write(endLSN)
      output.write(time)
      output.write(xid)
      output.writeCString(gid)
    }
  }

  package static func rollbackPrepared(
    _ xid: UInt32, gid: String, prepareEndLSN: UInt64 = 1, endLSN: UInt64 = 2,
    prepareTime: Int64 = 3, rollbackTime: Int64 = 4
  ) -> [UInt8] {
    message("r") { output in
      output.write(UInt8(0))
      output.write(prepareEndLSN)
      output.write(endLSN)
      output.write(prepareTime)
      output.write(rollbackTime)
      output.write(xid)
      output.writeCString(gid)
    }
  }
}
