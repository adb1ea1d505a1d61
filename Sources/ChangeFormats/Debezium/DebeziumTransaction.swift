import CDCTime
import PGOutput
import PGWire

/// The metadata of transactions: what begins and ends them, and each event's place in its own.
///
///     {"status":"BEGIN","id":"742:27440060","event_count":null,"data_collections":null,"ts_ms":…}
///     …,"transaction":{"id":"742:27439872","total_order":1,"data_collection_order":1},…
///     {"status":"END","id":"742:27440099","event_count":1,
///      "data_collections":[{"data_collection":"public.t","event_count":1}],"ts_ms":…}
///
/// Behind the colon of an id is the position of the event that it is in: of an END the
/// transaction's end, of a BEGIN its commit.
struct DebeziumTransaction {
  /// The open transaction and when it was committed; `nil` if its metadata aren't wanted.
  private var current: (xid: UInt32, time: PostgresTimestamp)?
  /// How many events have come.
  private var total = 0
  /// How many of each table, in the order of their first events.
  private var counts: [Count] = []
  /// Where in `counts` a table is.
  private var places: [String: Int] = [:]
  private var latest = 0

  private struct Count {
    let collection: String
    var events: Int
  }

  /// The collection that logical messages count as.
  static let messages = "LOGICAL_DECODING_MESSAGE"

  mutating func begin(_ xid: UInt32, _ time: PostgresTimestamp) {
    current = (xid, time)
    (total, latest) = (0, 0)
    counts.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  /// A transaction ends, or what comes belongs to none.
  mutating func end() { current = nil }

  /// Appends an event's member, a comma before it; null if it belongs to no transaction.
  ///
  /// - Parameter collection: The name of the event's table.
  @inline(__always) mutating func append(
    eventOf collection: String, at lsn: LSN, to output: inout OutputBuffer
  ) {
    guard let current else { return output.append(json: #","transaction":null"#) }
    appendPlace(current.xid, collection, lsn, to: &output)
  }

  private mutating func appendPlace(
    _ xid: UInt32, _ collection: String, _ lsn: LSN, to output: inout OutputBuffer
  ) {
    if latest >= counts.count || counts[latest].collection != collection {
      latest = place(of: collection)
    }
    counts[latest].events += 1
    total += 1
    output.append(json: #","transaction":{"id":"#)
    output.append(transactionID: xid, lsn)
    output.append(json: #","total_order":"#)
    output.append(decimal: UInt64(total))
    output.append(json: #","data_collection_order":"#)
    output.append(decimal: UInt64(counts[latest].events))
    output.append(UInt8(ascii: "}"))
  }

  /// The last event was not written after all.
  mutating func dropLastEvent() {
    guard current != nil, latest < counts.count else { return }
    counts[latest].events -= 1
    total -= 1
  }

  private mutating func place(of collection: String) -> Int {
    if let place = places[collection] { return place }
    places[collection] = counts.count
    counts.append(Count(collection: collection, events: 0))
    return counts.count - 1
  }
}

extension DebeziumTransaction {
  /// Appends the event of the transaction's begin, whose commit has that position.
  func appendBegin(
    at lsn: LSN, topic: String, _ frame: inout EventFrame, to output: inout OutputBuffer
  ) {
    guard let current else { return }
    output.beginRecord(topic)
    output.appendTransactionKey(current.xid, lsn)
    frame.open("TransactionMetadataEvent", at: lsn, to: &output)
    output.append(json: #"{"status":"BEGIN","id":"#)
    output.append(transactionID: current.xid, lsn)
    output.append(json: #","event_count":null,"data_collections":null"#)
    appendTime(current.time, to: &output)
    frame.close(to: &output)
  }

  /// Appends the event of the transaction's end, which has that position.
  func appendEnd(
    at lsn: LSN, topic: String, _ frame: inout EventFrame, to output: inout OutputBuffer
  ) {
    guard let current else { return }
    output.beginRecord(topic)
    output.appendTransactionKey(current.xid, lsn)
    frame.open("TransactionMetadataEvent", at: lsn, to: &output)
    output.append(json: #"{"status":"END","id":"#)
    output.append(transactionID: current.xid, lsn)
    output.append(json: #","event_count":"#)
    output.append(decimal: UInt64(total))
    output.append(json: #","data_collections":["#)
    for index in counts.indices where counts[index].events > 0 {
      if output.last != UInt8(ascii: "[") { output.append(UInt8(ascii: ",")) }
      output.append(json: #"{"data_collection":"#)
      output.append(string: counts[index].collection)
      output.append(json: #","event_count":"#)
      output.append(decimal: UInt64(counts[index].events))
      output.append(UInt8(ascii: "}"))
    }
    output.append(UInt8(ascii: "]"))
    appendTime(current.time, to: &output)
    frame.close(to: &output)
  }

  private func appendTime(_ time: PostgresTimestamp, to output: inout OutputBuffer) {
    output.append(json: #","ts_ms":"#)
    output.append(decimal: time.unixMicroseconds.floored(by: 1000))
    output.append(UInt8(ascii: "}"))
  }
}

extension OutputBuffer {
  /// Appends a transaction's id as a JSON string.
  fileprivate mutating func append(transactionID xid: UInt32, _ lsn: LSN) {
    append(UInt8(ascii: "\""))
    append(decimal: UInt64(xid))
    append(UInt8(ascii: ":"))
    append(decimal: lsn.rawValue)
    append(UInt8(ascii: "\""))
  }

  /// Appends the key of a record about a transaction; nothing if events are lines.
  fileprivate mutating func appendTransactionKey(_ xid: UInt32, _ lsn: LSN) {
    guard keepsRecords else { return }
    append(json: #"{"id":"#)
    append(transactionID: xid, lsn)
    append(UInt8(ascii: "}"))
    endKey()
  }
}
