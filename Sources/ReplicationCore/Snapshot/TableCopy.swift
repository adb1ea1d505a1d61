internal import PGOutput
internal import PGWire

/// A COPY of a table's rows that is under way.
struct TableCopy: Sendable {
  let table: SnapshotTable
  /// The position that its rows count as written at.
  let position: LSN
  private let stream: CopyOutStream
  private var parser: CopyRowParser
  /// The rows that have come.
  private(set) var rows: Int64 = 0

  /// Runs the command, and makes sure that it has as many columns as the table.
  static func begin(
    _ command: SQL, of table: SnapshotTable, at position: LSN, _ session: SnapshotSession
  ) async throws(ReplicationError) -> TableCopy {
    do throws(PGWireError) {
      let stream = try await session.connection.copyOut(command.text)
      guard stream.format.columnCount == table.relation.columns.count else {
        await stream.abandon()
        throw .unexpectedMessage
      }
      return TableCopy(
        table: table, position: position, stream: stream, parser: CopyRowParser(stream.format))
    } catch {
      throw ReplicationError(error).explained()
    }
  }

  /// Whether the server has sent all.
  var hasEnded: Bool { stream.commandTag != nil }

  /// The next rows.
  ///
  /// - Parameter byteCount: The bytes to wait for; there may be more by one row.
  /// - Returns: `nil` when all have come, which is made sure: the server has counted too.
  mutating func next(atLeast byteCount: Int) async throws(ReplicationError) -> SnapshotBatch? {
    do throws(PGWireError) {
      // A piece may hold no end of a row.
      while let data = try await stream.receive(atLeast: byteCount) {
        let byteCount = data.count
        let found = try take(data)
        guard found.count > 0 else { continue }
        return SnapshotBatch(
          table: table, consistentPoint: position, byteCount: byteCount,
          tuples: CopiedTuples(found, stream.format))
      }
      try finish()
      return nil
    } catch {
      throw ReplicationError(error).explained()
    }
  }

  /// Gives the rest up: on the server too, and the connection is closed; after the end it does
  /// nothing.
  func abandon() async {
    await stream.abandon()
  }

  private mutating func take(_ data: consuming [UInt8]) throws(PGWireError) -> CopyRows {
    do throws(WireError) {
      let found = try parser.take(data)
      rows += Int64(found.count)
      return found
    } catch {
      throw .wire(error)
    }
  }

  private func finish() throws(PGWireError) {
    do throws(WireError) {
      try parser.finish()
    } catch {
      throw .wire(error)
    }
    guard stream.commandTag == "COPY \(rows)" else { throw .unexpectedMessage }
  }
}
