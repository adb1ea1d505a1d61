internal import PGOutput
internal import PGWire

/// One connection that brings ranges of tables, one after the other, as fast as they are taken.
actor SnapshotWorker {
  /// What a worker has brought.
  enum Output: Sendable {
    case rows(SnapshotBatch, table: Int)
    case endOfRange(table: Int)
    /// There are no more ranges.
    case idle
  }

  private let work: SnapshotWork
  private let open: @Sendable () async throws(ReplicationError) -> SnapshotSession
  private var session: SnapshotSession?
  private var current: Copy?

  /// - Parameters:
  ///   - session: The session to use, if there is one already.
  ///   - open: Opens another.
  init(
    _ work: SnapshotWork, session: SnapshotSession?,
    open: @escaping @Sendable () async throws(ReplicationError) -> SnapshotSession
  ) {
    self.work = work
    self.session = session
    self.open = open
  }

  /// A COPY that is under way.
  private struct Copy {
    let table: Int
    let stream: CopyOutStream
    var parser: CopyRowParser
    var rows: Int64 = 0

    mutating func take(_ data: consuming [UInt8]) throws(PGWireError) -> CopyRows {
      do throws(WireError) {
        let found = try parser.take(data)
        rows += Int64(found.count)
        return found
      } catch {
        throw .wire(error)
      }
    }

    /// Makes sure that all came; the server has counted too.
    func finish() throws(PGWireError) {
      do throws(WireError) {
        try parser.finish()
      } catch {
        throw .wire(error)
      }
      guard stream.commandTag == "COPY \(rows)" else { throw .unexpectedMessage }
    }
  }

  /// The next batch, or the end of a range.
  func next() async throws(ReplicationError) -> Output {
    let copy: Copy
    if let current {
      copy = current
    } else {
      guard let range = work.takeRange() else { return .idle }
      copy = try await begin(range)
    }
    do throws(PGWireError) {
      return try await next(of: copy)
    } catch {
      throw ReplicationError(error).explained()
    }
  }

  /// Ends the connection, and on the server what it is doing.
  func close() async {
    await current?.stream.abandon()
    current = nil
    session?.connection.close()
    session = nil
  }

  private func begin(_ range: SnapshotRange) async throws(ReplicationError) -> Copy {
    let session: SnapshotSession
    if let open = self.session { session = open } else { session = try await open() }
    self.session = session
    do throws(PGWireError) {
      let stream = try await session.connection.copyOut(range.command.text)
      let copy = Copy(table: range.table, stream: stream, parser: CopyRowParser(stream.format))
      current = copy
      guard stream.format.columnCount == work.tables[range.table].relation.columns.count else {
        throw .unexpectedMessage
      }
      return copy
    } catch {
      throw ReplicationError(error).explained()
    }
  }

  private func next(of copy: Copy) async throws(PGWireError) -> Output {
    var copy = copy
    // A piece may hold no end of a row.
    while let data = try await copy.stream.receive(atLeast: work.options.batchBytes) {
      let byteCount = data.count
      let rows = try copy.take(data)
      current = copy
      guard rows.count > 0 else { continue }
      return .rows(
        SnapshotBatch(
          table: work.tables[copy.table], consistentPoint: work.consistentPoint,
          byteCount: byteCount, tuples: CopiedTuples(rows, copy.stream.format)),
        table: copy.table)
    }
    current = nil
    try copy.finish()
    return .endOfRange(table: copy.table)
  }
}
