import CDCTime
import PGOutput
import PGWire

/// Writes the envelopes of ``CloudEvents``.
struct EventEnvelope: Sendable {
  /// What Debezium's converter adds to an envelope.
  struct DebeziumNames: Sendable {
    let name: String
    let database: String
  }

  private let options: CloudEvents
  private let names: DebeziumNames?
  /// What is the same in all envelopes, behind the id.
  private let source: [UInt8]
  /// When this was made, which tells the events that belong to no transaction from those of
  /// earlier runs.
  private let start: Int64
  /// How many events there were that belong to no transaction.
  var outside = 0

  init(_ options: CloudEvents, _ names: DebeziumNames?) {
    self.options = options
    self.names = names
    start = options.now().unixMicroseconds
    var text = OutputBuffer(capacity: 256)
    text.append(json: #"","source":"#)
    text.append(string: options.source)
    text.append(json: #","specversion":"1.0","type":"#)
    text.append(string: "\(options.typePrefix).")
    // The kind follows, and then the quote.
    text.truncate(to: text.count - 1)
    source = text.withBytes { bytes in bytes.copied() }
  }

  /// Begins an envelope, up to the event itself.
  mutating func open(
    _ type: StaticString, _ subject: EventFrame.Subject, _ operation: StaticString?, at lsn: LSN,
    _ transaction: inout OpenTransaction?, to output: inout OutputBuffer
  ) {
    output.append(json: #"{"id":"lsn:"#)
    appendIdentity(at: lsn, &transaction, to: &output)
    output.append(contentsOf: source)
    output.append(json: type)
    output.append(UInt8(ascii: "\""))
    switch subject {
    case .nothing: break
    case .table(_, _, let text), .message(let text):
      // The specification allows no empty one.
      if text.isEmpty { break }
      output.append(json: #","subject":"#)
      output.append(string: text)
    }
    appendTime(transaction?.time ?? options.now(), to: &output)
    output.append(json: #","datacontenttype":"application/json""#)
    if let names, let operation { append(names, operation, subject, to: &output) }
    output.append(json: #","data":"#)
  }

  private mutating func appendIdentity(
    at lsn: LSN, _ transaction: inout OpenTransaction?, to output: inout OutputBuffer
  ) {
    guard let current = transaction else {
      output.append(lsn)
      output.append(json: ";run:")
      output.append(decimal: start)
      output.append(json: ";event:")
      output.append(decimal: UInt64(outside))
      outside += 1
      return
    }
    output.append(current.position)
    output.append(json: ";txId:")
    output.append(decimal: UInt64(current.xid))
    output.append(json: ";event:")
    output.append(decimal: UInt64(current.events))
    transaction?.events += 1
  }

  /// Appends the event's time, unless RFC 3339 has no such time.
  private func appendTime(_ time: PostgresTimestamp, to output: inout OutputBuffer) {
    guard time >= Self.first, time < Self.end else { return }
    output.append(json: #","time":""#)
    output.append(time, as: .timestamptz)
    output.append(UInt8(ascii: "\""))
  }

  private func append(
    _ names: DebeziumNames, _ operation: StaticString, _ subject: EventFrame.Subject,
    to output: inout OutputBuffer
  ) {
    output.append(json: #","iodebeziumop":""#)
    output.append(json: operation)
    output.append(json: #"","iodebeziumname":"#)
    output.append(string: names.name)
    output.append(json: #","iodebeziumdb":"#)
    output.append(string: names.database)
    guard case .table(let schema, let name, _) = subject else { return }
    output.append(json: #","iodebeziumschema":"#)
    output.append(string: schema)
    output.append(json: #","iodebeziumtable":"#)
    output.append(string: name)
  }

  /// The years 1 to 9999.
  private static let first = PostgresTimestamp(unixMicroseconds: -62_135_596_800_000_000)
  private static let end = PostgresTimestamp(unixMicroseconds: 253_402_300_800_000_000)
}
