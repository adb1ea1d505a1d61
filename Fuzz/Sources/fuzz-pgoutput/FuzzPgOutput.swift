import PGOutput
import PGWire

// The decoder of pgoutput, on a stream of messages.
//
// The input is CopyData frames, as in a recording; a length beyond the end means what is left.
//
//     frame  d | length 4 | w | start 8 | end 8 | time 8 | payload …

func fuzzPgOutput(_ input: [UInt8]) {
  var run = Run()
  var position = 0
  while input.count - position >= 5 {
    let length = input[position + 1..<position + 5].reduce(0) { $0 << 8 | Int($1) }
    let payload = position + 30
    position = min(max(position + 1 + length, position + 5), input.count)
    if payload <= position { run.take(input[payload..<position]) }
  }
}

/// One stream, with everything that a consumer may ask of a message.
private struct Run {
  var decoder = PgOutputDecoder()
  var tracker = RelationTracker()
  var sum = 0

  mutating func take(_ bytes: ArraySlice<UInt8>) {
    let payload = bytes.span
    peek(payload)
    _ = decoder.xid(of: payload)
    let block = decoder.streamedTransaction
    var relation: Relation?
    do throws(PgOutputError) {
      try decoder.decode(payload, at: LSN(rawValue: 1)) { message in
        switch message {
        case .relation(let found): relation = found
        case .insert(let relation, let new): Self.visit(new, relation, &sum)
        case .update(let relation, let old, let new):
          if let old { Self.visit(old, relation, &sum) }
          Self.visit(new, relation, &sum)
        case .delete(let relation, let old): Self.visit(old, relation, &sum)
        default: break
        }
      }
    } catch {
      precondition(!error.description.isEmpty)
      // After an error the decoder is as it was.
      precondition(decoder.streamedTransaction == block)
    }
    guard let relation else { return }
    let former = tracker.note(relation)?.former
    precondition(relation.difference(from: relation).isEmpty)
    if let former {
      precondition(!relation.difference(from: former).isEmpty)
      precondition(!relation.hasSameShape(as: former))
    }
    sum &+= Int(truncatingIfNeeded: relation.shapeHash)
  }

  private static func visit(_ row: TupleData, _ relation: Relation, _ sum: inout Int) {
    precondition(row.columnCount == relation.columns.count)
    row.forEachColumn { index, column in
      switch column {
      case .text(let bytes), .binary(let bytes):
        for position in bytes.indices { sum &+= Int(bytes[position]) }
      case .null, .unchanged: break
      case .notSent: precondition(!relation.columns[index].isKey)
      }
      row.withColumn(at: index) { _ in sum &+= 1 }
    }
    precondition(row.withColumn(at: row.columnCount) { _ in 0 } == nil)
  }

  /// What can be decoded without a decoder.
  private func peek(_ payload: Span<UInt8>) {
    _ = try? Begin(decoding: payload)
    _ = try? Commit(decoding: payload)
    _ = try? ReplicationOrigin(decoding: payload)
    _ = try? TypeName(decoding: payload)
    _ = try? LogicalMessage(decoding: payload)
    _ = try? LogicalMessage(decoding: payload, inStreamedBlock: true)
    _ = try? StreamStart(decoding: payload)
    _ = try? StreamCommit(decoding: payload)
    _ = try? StreamAbort(decoding: payload)
    _ = try? BeginPrepare(decoding: payload)
    _ = try? Prepare(decoding: payload)
    _ = try? CommitPrepared(decoding: payload)
    _ = try? RollbackPrepared(decoding: payload)
  }
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzPgOutput([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
