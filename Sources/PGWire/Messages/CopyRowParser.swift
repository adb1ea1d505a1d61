/// Finds the rows in the data of a COPY … TO STDOUT, whatever pieces it comes in.
///
/// A row may span pieces, and a piece may hold many rows. What is left of a row is kept until the
/// rest comes, and no row may be longer than 1 GiB, which is PostgreSQL's own limit.
///
/// Formats: <https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS>
public struct CopyRowParser: Sendable {
  /// The longest row, in bytes.
  public static let longestRow = 1 << 30

  private enum Form: Sendable {
    case text(CopyTextParser)
    case binary(CopyBinaryParser)
  }

  private var form: Form
  /// The start of a row, or of what stands before the first.
  private var pending: [UInt8] = []

  /// A parser for one COPY.
  public init(_ format: CopyFormat) {
    form =
      format.isBinary
      ? .binary(CopyBinaryParser(columnCount: format.columnCount))
      : .text(CopyTextParser(columnCount: format.columnCount))
  }

  /// Takes in the next piece.
  ///
  /// - Returns: The rows that it completes, which may be none.
  /// - Throws: ``WireError`` if the data does not match the format; the parser can't be used after
  ///   that.
  public mutating func take(_ piece: consuming [UInt8]) throws(WireError) -> CopyRows {
    let data: [UInt8]
    if pending.isEmpty {
      data = piece
    } else {
      pending += piece
      data = pending
      pending = []
    }
    var rows = CopyRows()
    let used: Int
    switch form {
    case .text(var parser):
      used = try parser.parse(data, into: &rows)
      form = .text(parser)
    case .binary(var parser):
      used = try parser.parse(data, into: &rows)
      form = .binary(parser)
    }
    guard data.count - used <= Self.longestRow else {
      throw .invalidValue(field: "length of a copied row", value: Int64(data.count - used))
    }
    // A row that is not complete stays where it is: copied with each piece, it would take a time
    // that grows with the square of its length.
    if used == 0 {
      pending = data
    } else if used < data.count {
      pending = Array(data[used...])
    }
    if case .binary = form, rows.count > 0 { rows.bytes = data }
    return rows
  }

  /// The last step: nothing may be missing.
  ///
  /// - Throws: ``WireError/truncated(needed:available:)`` in the middle of a row, or without the
  ///   end that binary data has.
  public func finish() throws(WireError) {
    guard pending.isEmpty else {
      throw .truncated(needed: pending.count + 1, available: pending.count)
    }
    if case .binary(let parser) = form, !parser.hasEnded {
      throw .truncated(needed: 2, available: 0)
    }
  }
}
