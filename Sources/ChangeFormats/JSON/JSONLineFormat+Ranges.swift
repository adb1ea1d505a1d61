import PGOutput
import PGWire
public import ReplicationCore

/// What incremental snapshots read.
extension JSONLineFormat {
  public mutating func begin(
    _ chunk: SnapshotChunk, to output: inout OutputBuffer
  ) throws(FormatError) {
    try begin(chunk.range, of: chunk.table.relation, at: chunk.position, to: &output)
  }

  public mutating func append(
    _ batch: SnapshotBatch, to output: inout OutputBuffer
  ) throws(FormatError) {
    let (start, mark) = (output.count, frame.mark)
    let relation = batch.table.relation
    do throws(FormatError) {
      try batch.forEachTuple { tuple throws(FormatError) in
        try rows.append(
          snapshot: tuple, of: relation, at: batch.consistentPoint, &frame, to: &output)
      }
    } catch {
      output.truncate(to: start)
      frame.restore(mark)
      throw error
    }
    rangeRows += batch.rowCount
  }

  public mutating func end(_ chunk: SnapshotChunk, to output: inout OutputBuffer) {
    end(of: chunk.table.relation, at: chunk.position, to: &output)
  }

  public mutating func append(_ table: WholeTable, to output: inout OutputBuffer) {
    guard options.filter.includesTable(table.namespace, table.name) else { return }
    output.beginRecord(options.records.topics.name(schema: table.namespace, table: table.name))
    frame.open(
      "whole",
      .table(
        schema: table.namespace, name: table.name, "\(table.namespace).\(table.name)"),
      at: table.position, to: &output)
    output.append(json: #"{"kind":"whole","lsn":"#)
    output.append(quoted: table.position)
    output.append(json: #","schema":"#)
    output.append(string: table.namespace)
    output.append(json: #","table":"#)
    output.append(string: table.name)
    output.append(UInt8(ascii: "}"))
    frame.close(to: &output)
  }

  mutating func begin(
    _ range: SnapshotKeyRange, of relation: Relation, at lsn: LSN, to output: inout OutputBuffer
  ) throws(FormatError) {
    let (start, mark) = (output.count, frame.mark)
    do throws(FormatError) {
      try rows.append(range, of: relation, at: lsn, &frame, to: &output)
    } catch {
      output.truncate(to: start)
      frame.restore(mark)
      throw error
    }
    rangeRows = 0
  }

  mutating func end(of relation: Relation, at lsn: LSN, to output: inout OutputBuffer) {
    // A table that is refused was refused when the range began.
    guard let table = try? rows.members.table(relation), table.isIncluded else { return }
    output.beginRecord(table.topic)
    frame.open("range_end", table.subject, at: lsn, to: &output)
    output.appendStart("range_end", provisionalIn: nil, nil, lsn, table)
    output.append(json: #","rows":"#)
    output.append(decimal: UInt64(rangeRows))
    output.append(UInt8(ascii: "}"))
    frame.close(to: &output)
  }
}
