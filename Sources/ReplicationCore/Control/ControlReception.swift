internal import CReplicationLibPQ
internal import PGWire

/// Assembles the answer to one statement row by row, and rejects anything else.
///
/// libpq collects everything that a server sends: a result of any size, notifications, and reported
/// settings. In its single-row mode a result that is too large is detected before all of it is in
/// memory.
///
/// libpq: <https://www.postgresql.org/docs/current/libpq-single-row-mode.html>
struct ControlReception {
  /// The maximum number of bytes in the values of one result: 64 MiB.
  ///
  /// All queries of this module read catalogs.
  static let mostBytes = 64 << 20
  /// The maximum number of reads without a row or the end of a result.
  ///
  /// A read returns some kilobytes: an endless sequence of notices, notifications and settings is
  /// not an answer.
  static let mostReads = 2000

  private var columns: [String]?
  private var rows: [ResultRow] = []
  private var failure: ControlError?
  private var bytes = 0
  private var reads = 0

  /// Bytes have been read.
  mutating func noteRead() throws(ControlError) {
    reads += 1
    guard reads <= Self.mostReads else {
      throw .unexpectedResult("the server sends messages without end, but no row")
    }
  }

  /// Takes a row, the end of a result, or an error.
  @unsafe mutating func take(_ result: OpaquePointer) throws(ControlError) {
    reads = 0
    switch unsafe PQresultStatus(result) {
    case PGRES_TUPLES_OK, PGRES_SINGLE_TUPLE, PGRES_COMMAND_OK: break
    default:
      failure = unsafe .server(ServerError(result))
      return
    }
    let columnCount = unsafe PQnfields(result)
    if columns == nil {
      columns = (0..<columnCount).map { unsafe String(cString: PQfname(result, $0)) }
    }
    let rowCount = unsafe PQntuples(result)
    for row in 0..<rowCount {
      let values = (0..<columnCount).map { column -> String? in
        unsafe PQgetisnull(result, row, column) == 1
          ? nil : unsafe String(cString: PQgetvalue(result, row, column))
      }
      bytes += values.reduce(16) { $0 + ($1?.utf8.count ?? 0) + 16 }
      guard bytes <= Self.mostBytes else {
        throw .unexpectedResult("a result of more than \(Self.mostBytes) bytes")
      }
      rows.append(ResultRow(columns ?? [], values))
    }
  }

  /// The whole answer; `nil` if none came.
  func answer() throws(ControlError) -> [ResultRow]? {
    if let failure { throw failure }
    return columns == nil ? nil : rows
  }
}

extension ServerError {
  /// The fields of an error that libpq holds.
  @unsafe fileprivate init(_ result: OpaquePointer) {
    var fields: [Field: String] = [:]
    for field in Field.allCases {
      let code = field.rawValue.asciiValue.map(Int32.init) ?? 0
      guard let text = unsafe PQresultErrorField(result, code) else { continue }
      unsafe fields[field] = String(cString: text)
    }
    self.init(fields)
  }
}
