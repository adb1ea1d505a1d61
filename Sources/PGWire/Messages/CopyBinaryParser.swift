/// The binary format of COPY.
///
///     header   "PGCOPY\n\377\r\n\0" | flags 4 | extension length 4 | extension
///     row      fields 2 | fields × { length 4 (-1 = NULL) | bytes }
///     trailer  -1 2
///
/// Format: <https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS>
struct CopyBinaryParser: Sendable {
  private static let signature: [UInt8] = [
    0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00,
  ]

  private enum Place: Sendable {
    case header, rows, end
  }

  private let columnCount: Int
  private var place = Place.header

  init(columnCount: Int) {
    self.columnCount = columnCount
  }

  var hasEnded: Bool { place == .end }

  /// Notes where the fields of all whole rows lie.
  ///
  /// - Returns: How many bytes of the data are used up.
  mutating func parse(_ data: [UInt8], into rows: inout CopyRows) throws(WireError) -> Int {
    var at = 0
    if place == .header {
      guard let end = try Self.endOfHeader(data.span) else { return 0 }
      at = end
      place = .rows
    }
    while place == .rows, let end = try parseRow(data.span, from: at, into: &rows) { at = end }
    if place == .end, at < data.count { throw .trailingBytes(count: data.count - at) }
    return at
  }

  private static func endOfHeader(_ data: Span<UInt8>) throws(WireError) -> Int? {
    for index in 0..<min(signature.count, data.count) where data[index] != signature[index] {
      throw .invalidValue(field: "byte of COPY's signature", value: Int64(data[index]))
    }
    let fixed = signature.count + 8
    guard data.count >= fixed else { return nil }
    var rest = data.extracting(droppingFirst: signature.count)
    // The upper half are flags that must not be ignored; none is in use since server 12.
    let flags = try rest.readUInt32()
    guard flags >> 16 == 0 else { throw .invalidValue(field: "COPY flags", value: Int64(flags)) }
    let length = try rest.readInt32()
    guard length >= 0, Int(length) <= CopyRowParser.longestRow else {
      throw .invalidValue(field: "COPY header extension length", value: Int64(length))
    }
    return data.count >= fixed + Int(length) ? fixed + Int(length) : nil
  }

  /// - Returns: Where the row ends; `nil` if it isn't whole, or if it is the trailer.
  private mutating func parseRow(
    _ data: Span<UInt8>, from start: Int, into rows: inout CopyRows
  ) throws(WireError) -> Int? {
    var rest = data.extracting(start...)
    guard rest.count >= 2 else { return nil }
    let count = try rest.readInt16()
    if count == -1 {
      place = .end
      return start + 2
    }
    guard Int(count) == columnCount else {
      throw .invalidValue(field: "number of fields in a copied row", value: Int64(count))
    }
    let known = rows.fields.count
    var at = start + 2
    for _ in 0..<columnCount {
      guard rest.count >= 4 else { return Self.isPartial(&rows, known) }
      let length = try rest.readInt32()
      at += 4
      guard length >= 0 else {
        guard length == -1 else {
          throw .invalidValue(field: "field length", value: Int64(length))
        }
        rows.fields.append(.init(start: at, count: nil))
        continue
      }
      guard Int(length) <= CopyRowParser.longestRow else {
        throw .invalidValue(field: "field length", value: Int64(length))
      }
      guard rest.count >= Int(length) else { return Self.isPartial(&rows, known) }
      try rest.skip(Int(length))
      rows.fields.append(.init(start: at, count: Int(length)))
      at += Int(length)
    }
    rows.count += 1
    return at
  }

  /// Forgets the fields of a row that is not whole.
  private static func isPartial(_ rows: inout CopyRows, _ known: Int) -> Int? {
    rows.fields.removeLast(rows.fields.count - known)
    return nil
  }
}
