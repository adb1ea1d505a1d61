import CDCTime
import PGOutput
import PGWire

/// Where events come from: what is told with each of them besides its rows.
///
///     "source":{"version":"0.1.0","connector":"postgresql","name":"n","ts_ms":…,
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
  private var origin: Origin?

  /// - Parameters:
  ///   - version: This program's version.
  ///   - name: The connector's name, as Debezium calls its `topic.prefix` here.
  ///   - database: The database's name.
  init(version: String, name: String, database: String) {
    var start: [UInt8] = []
    start.append(json: #""source":{"version":"#)
    start.append(string: version)
    start.append(json: #","connector":"postgresql","name":"#)
    start.append(string: name)
    start.append(json: #","ts_ms":"#)
    self.start = start
    var text: [UInt8] = []
    text.append(json: #","snapshot":"false","db":"#)
    text.append(string: database)
    text.append(json: #","sequence":"["#)
    self.database = text
  }

  mutating func begin(_ begin: Begin) {
    (xid, commitTime, origin) = (begin.xid, begin.commitTime, nil)
  }

  mutating func end(_ commit: Commit) {
    lastCommit = commit.endLSN
  }

  mutating func note(_ origin: Origin) {
    self.origin = origin
  }

  /// A message outside of transactions ends what Debezium calls a transaction.
  mutating func noteMessageOutside(at lsn: LSN) {
    (xid, lastCommit) = (nil, lsn)
  }

  /// Appends the member, without a comma before or behind it.
  ///
  /// - Parameters:
  ///   - now: The time that is told where there was no commit yet.
  ///   - names: Appends the members `schema` and `table`, a comma before each.
  func append(
    to output: inout [UInt8], at lsn: LSN, now: PostgresTimestamp,
    names: (inout [UInt8]) -> Void
  ) {
    let micros = (commitTime ?? now).unixMicroseconds
    output.append(contentsOf: start)
    output.append(json: String(micros.floored(by: 1000)))
    output.append(contentsOf: database)
    output.append(sequence: lastCommit)
    output.append(UInt8(ascii: ","))
    output.append(sequence: lsn)
    output.append(json: #"]","ts_us":"#)
    output.append(json: String(micros))
    output.append(json: #","ts_ns":"#)
    output.append(json: String(micros.nanoseconds))
    names(&output)
    output.append(json: #","txId":"#)
    output.append(json: xid.map { String($0) } ?? "null")
    output.append(json: #","lsn":"#)
    output.append(json: String(lsn.rawValue))
    output.append(json: #","xmin":null,"origin":"#)
    if let origin {
      output.append(string: origin.name)
      output.append(json: #","origin_lsn":"#)
      // The server doesn't tell it with blocks, which come before the commit.
      output.append(json: origin.commitLSN == .zero ? "null" : String(origin.commitLSN.rawValue))
      output.append(UInt8(ascii: "}"))
    } else {
      output.append(json: #"null,"origin_lsn":null}"#)
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

extension [UInt8] {
  /// Appends a position in quotes inside of a string, or null.
  fileprivate mutating func append(sequence lsn: LSN?) {
    guard let lsn else { return append(json: "null") }
    append(json: #"\""#)
    append(json: String(lsn.rawValue))
    append(json: #"\""#)
  }
}
