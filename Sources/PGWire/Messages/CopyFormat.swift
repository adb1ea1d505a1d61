/// The format in which a COPY sends its rows.
///
///     overall format 1 (0 = text, 1 = binary) | columns 2 | { format 2 }
///
/// Message: CopyOutResponse,
/// <https://www.postgresql.org/docs/current/protocol-message-formats.html>
public struct CopyFormat: Hashable, Sendable {
  /// Whether values come in binary; else as text, one line a row.
  public let isBinary: Bool
  /// How many columns each row has.
  public let columnCount: Int

  /// A format with this number of columns.
  public init(isBinary: Bool, columnCount: Int) {
    self.isBinary = isBinary
    self.columnCount = columnCount
  }

  init(decoding bytes: inout Span<UInt8>) throws(WireError) {
    let format = try bytes.readUInt8()
    guard format <= 1 else { throw .invalidValue(field: "COPY format", value: Int64(format)) }
    isBinary = format == 1
    columnCount = try bytes.readCount("column count")
    try bytes.skip(2 * columnCount)
  }
}
