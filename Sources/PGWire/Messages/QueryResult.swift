/// What one statement of a simple query returned.
///
///     T | columns 2 | { name 0 | table 4 | attribute 2 | type 4 | size 2 | modifier 4 | format 2 }
///     D | columns 2 | { length 4 (-1 = NULL) | bytes … }
///     C | tag 0
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-SIMPLE-QUERY>
public struct QueryResult: Hashable, Sendable {
  /// One column's name and type.
  public struct Column: Hashable, Sendable {
    /// The column's name in the result.
    public let name: String
    /// The oid of its type.
    public let typeOID: UInt32
  }

  /// The columns, in order; empty for a statement that returns no rows.
  public internal(set) var columns: [Column] = []
  /// The rows: for each column the value's text, or `nil` for NULL.
  public internal(set) var rows: [[String?]] = []
  /// The server's command tag, such as `SELECT 1`; empty for an empty query.
  public internal(set) var commandTag = ""

  /// The value in the first row's column of this name; `nil` if it is NULL or not there.
  public func first(_ column: String) -> String? {
    guard let index = columns.firstIndex(where: { $0.name == column }), let row = rows.first,
      row.indices.contains(index)
    else { return nil }
    return row[index]
  }

  static func decodeColumns(_ bytes: Span<UInt8>) throws(WireError) -> [Column] {
    var rest = bytes
    let count = try rest.readCount("column count")
    var columns: [Column] = []
    for _ in 0..<count {
      let name = try rest.readCString()
      try rest.skip(6)
      let type = try rest.readUInt32()
      try rest.skip(8)
      columns.append(Column(name: name, typeOID: type))
    }
    try rest.expectEnd()
    return columns
  }

  static func decodeRow(_ bytes: Span<UInt8>) throws(WireError) -> [String?] {
    var rest = bytes
    let count = try rest.readCount("column count")
    var row: [String?] = []
    for _ in 0..<count {
      let length = try rest.readInt32()
      if length == -1 {
        row.append(nil)
      } else if length < 0 {
        throw .invalidValue(field: "column length", value: Int64(length))
      } else {
        guard Int(length) <= rest.count else {
          throw .truncated(needed: Int(length), available: rest.count)
        }
        row.append(try rest.extracting(first: Int(length)).utf8String())
        try rest.skip(Int(length))
      }
    }
    try rest.expectEnd()
    return row
  }
}
