import CDCTime
import PGOutput
import PGWire

/// The source of events: what each of them says besides its rows.
///
///     "source":{"version":"…","connector":"postgresql","name":"n","ts_ms":…,
///     "snapshot":"false","db":"d","sequence":"[\"1\",\"2\"]","ts_us":…,
///     "ts_ns":…,"schema":"public","table":"t","txId":742,"lsn":2,"xmin":null,"origin":null,
///     "origin_lsn":null}
///
/// The time is that of the commit. The sequence has the end of the last transaction that was
/// printed, null before the first, and the change's position; positions are decimal numbers.
struct DebeziumSource {
  private let start: [UInt8]
  private let database: [UInt8]
  private var xid: UInt32?
  private var commitTime: PostgresTimestamp?
  private var lastCommit: LSN?
  private var origin: ReplicationOrigin?
  /// What is the same in all events of the transaction; empty until its first one.
  private var pieces = Pieces()

  init(_ options: DebeziumFormat.Options) {
    var start = OutputBuffer(capacity: 256)
    start.append(json: #""source":{"version":"#)
    start.append(string: options.version)
    start.append(json: #","connector":"postgresql","name":"#)
    start.append(string: options.name)
    start.append(json: #","ts_ms":"#)
    self.start = start.withBytes { bytes in bytes.copied() }
    var text = OutputBuffer(capacity: 256)
    text.append(json: #","db":"#)
    text.append(string: options.database)
    text.append(json: #","sequence":"["#)
    database = text.withBytes { bytes in bytes.copied() }
  }

  mutating func begin(_ xid: UInt32, _ commitTime: PostgresTimestamp, _ origin: ReplicationOrigin?)
  {
    (self.xid, self.commitTime, self.origin) = (xid, commitTime, origin)
    pieces.removeAll()
  }

  mutating func end(at end: LSN) {
    lastCommit = end
    pieces.removeAll()
  }

  mutating func note(_ origin: ReplicationOrigin) {
    self.origin = origin
    pieces.removeAll()
  }

  /// A message outside of transactions ends what Debezium calls a transaction.
  mutating func noteMessageOutside(at lsn: LSN) {
    (xid, lastCommit) = (nil, lsn)
    pieces.removeAll()
  }

  /// Appends the member, without a comma before or behind it.
  ///
  /// - Parameters:
  ///   - now: The time that is printed where there was no commit yet.
  ///   - names: Appends the members `schema` and `table`, a comma before each.
  @inline(__always) mutating func append(
    to output: inout OutputBuffer, at lsn: LSN, now: PostgresTimestamp,
    names: (inout OutputBuffer) -> Void
  ) {
    guard !pieces.isEmpty else {
      return appendFirst(to: &output, at: lsn, now: now, names: names)
    }
    pieces.append(.beforeSequence, to: &output)
    output.append(decimal: lsn.rawValue)
    pieces.append(.beforeNames, to: &output)
    names(&output)
    pieces.append(.beforeLSN, to: &output)
    output.append(decimal: lsn.rawValue)
    pieces.append(.end, to: &output)
  }

  /// Appends the member of a row that an incremental snapshot has read, which is no transaction's.
  ///
  /// - Parameters:
  ///   - lsn: The position that its range was read at.
  ///   - now: When the event is made, which is its time, as with Debezium.
  ///   - names: As above.
  func append(
    incrementalTo output: inout OutputBuffer, at lsn: LSN, now: PostgresTimestamp,
    names: (inout OutputBuffer) -> Void
  ) {
    let micros = now.unixMicroseconds
    output.append(contentsOf: start)
    output.append(decimal: micros.floored(by: 1000))
    output.append(json: #","snapshot":"incremental""#)
    output.append(contentsOf: database)
    output.append(sequence: lastCommit)
    output.append(json: #",\""#)
    output.append(decimal: lsn.rawValue)
    output.append(json: #"\"]","ts_us":"#)
    output.append(decimal: micros)
    output.append(json: #","ts_ns":"#)
    output.append(decimal: micros.nanoseconds)
    names(&output)
    output.append(json: #","txId":null,"lsn":"#)
    output.append(decimal: lsn.rawValue)
    output.append(json: #","xmin":null,"origin":null,"origin_lsn":null}"#)
  }

  /// Appends the member, and keeps what will be the same in the next one.
  private mutating func appendFirst(
    to output: inout OutputBuffer, at lsn: LSN, now: PostgresTimestamp,
    names: (inout OutputBuffer) -> Void
  ) {
    let micros = (commitTime ?? now).unixMicroseconds
    var first = output.count
    output.append(contentsOf: start)
    output.append(decimal: micros.floored(by: 1000))
    output.append(json: #","snapshot":"false""#)
    output.append(contentsOf: database)
    output.append(sequence: lastCommit)
    output.append(json: #",\""#)
    let beforeSequence = first..<output.count
    output.append(decimal: lsn.rawValue)
    first = output.count
    output.append(json: #"\"]","ts_us":"#)
    output.append(decimal: micros)
    output.append(json: #","ts_ns":"#)
    output.append(decimal: micros.nanoseconds)
    let beforeNames = first..<output.count
    names(&output)
    first = output.count
    output.append(json: #","txId":"#)
    if let xid { output.append(decimal: UInt64(xid)) } else { output.append(json: "null") }
    output.append(json: #","lsn":"#)
    let beforeLSN = first..<output.count
    output.append(decimal: lsn.rawValue)
    first = output.count
    output.append(origin: origin)
    // Without a commit the next event has another time.
    guard commitTime != nil else { return }
    pieces.keep(beforeSequence, beforeNames, beforeLSN, first..<output.count, of: output)
  }
}

/// Four pieces of text in one piece of memory, which is used again for the next transaction.
private struct Pieces {
  private var bytes: [UInt8] = []
  private var ends = (0, 0, 0)

  enum Piece {
    case beforeSequence, beforeNames, beforeLSN, end
  }

  var isEmpty: Bool { bytes.isEmpty }

  @inline(__always) func append(_ piece: Piece, to output: inout OutputBuffer) {
    let range =
      switch piece {
      case .beforeSequence: 0..<ends.0
      case .beforeNames: ends.0..<ends.1
      case .beforeLSN: ends.1..<ends.2
      case .end: ends.2..<bytes.count
      }
    output.append(bytes.span.extracting(range))
  }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func keep(
    _ first: Range<Int>, _ second: Range<Int>, _ third: Range<Int>, _ last: Range<Int>,
    of output: borrowing OutputBuffer
  ) {
    append(first, of: output)
    ends.0 = bytes.count
    append(second, of: output)
    ends.1 = bytes.count
    append(third, of: output)
    ends.2 = bytes.count
    append(last, of: output)
  }

  private mutating func append(_ range: Range<Int>, of output: borrowing OutputBuffer) {
    output.withBytes { source in
      bytes.append(addingCapacity: range.count) { target in
        for index in range { target.append(source[index]) }
      }
    }
  }
}

extension Int64 {
  /// This number of microseconds in nanoseconds; what doesn't fit is the greatest or least number.
  var nanoseconds: Int64 {
    let (nanos, overflow) = multipliedReportingOverflow(by: 1000)
    return overflow ? (self < 0 ? .min : .max) : nanos
  }
}

extension OutputBuffer {
  /// Appends a position in quotes inside of a string, or null.
  fileprivate mutating func append(sequence lsn: LSN?) {
    guard let lsn else { return append(json: "null") }
    append(json: #"\""#)
    append(decimal: lsn.rawValue)
    append(json: #"\""#)
  }

  /// Appends where a transaction was first made, and the end of the member.
  fileprivate mutating func append(origin: ReplicationOrigin?) {
    append(json: #","xmin":null,"origin":"#)
    guard let origin else { return append(json: #"null,"origin_lsn":null}"#) }
    append(string: origin.name)
    append(json: #","origin_lsn":"#)
    // The server doesn't say it with blocks, which come before the commit.
    if origin.commitLSN == .zero {
      append(json: "null}")
    } else {
      append(decimal: origin.commitLSN.rawValue)
      append(UInt8(ascii: "}"))
    }
  }
}
