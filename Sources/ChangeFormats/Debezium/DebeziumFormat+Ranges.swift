import PGOutput
import PGWire
public import ReplicationCore

/// What snapshots read: rows are events of kind r.
///
/// Debezium's events have nothing that says which range was read, that it is to be deleted first,
/// or that a table is whole; Debezium itself only emits the rows. So a row that was deleted in the
/// source while its range was unread, or that an earlier reading has left behind, stays with the
/// consumer.
extension DebeziumFormat {
  public mutating func begin(_ chunk: SnapshotChunk, to output: inout OutputBuffer) {}

  public mutating func append(
    _ batch: SnapshotBatch, to output: inout OutputBuffer
  ) throws(FormatError) {
    let (start, mark) = (output.count, frame.mark)
    do throws(FormatError) {
      try batch.forEachTuple { tuple throws(FormatError) in
        try append(read: tuple, of: batch.table.relation, at: batch.consistentPoint, to: &output)
      }
    } catch {
      output.truncate(to: start)
      frame.restore(mark)
      throw error
    }
  }

  public mutating func end(_ chunk: SnapshotChunk, to output: inout OutputBuffer) {}

  public mutating func append(_ table: WholeTable, to output: inout OutputBuffer) {}

  mutating func append(
    read row: TupleData, of relation: Relation, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    let table = try rows.table(relation)
    guard table.isIncluded else { return }
    try rows.members.beginRecord(of: row, table, at: lsn, to: &output)
    rows.beginLine(after: output.count)
    frame.open(Self.dataChange, table.subject, operation: "r", at: lsn, to: &output)
    output.append(json: #"{"before":null,"after":"#)
    try rows.append(new: row, of: table, at: lsn, to: &output)
    let now = options.now()
    output.append(UInt8(ascii: ","))
    source.append(ofSnapshotTo: &output, at: lsn, now: now) { table.appendNames(to: &$0) }
    output.append(json: #","transaction":null"#)
    output.append(operation: "r", at: now)
    frame.close(to: &output)
  }
}
