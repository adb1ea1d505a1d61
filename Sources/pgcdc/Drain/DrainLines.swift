internal import ChangeFormats
internal import PGOutput
internal import PGWire

/// Builds the lines of a stream, and drops them.
struct DrainLines<Format: ChangeFormat>: ~Copyable {
  private var decoder = PgOutputDecoder()
  private var format: Format
  private var output = OutputBuffer(capacity: 2 * DrainLines.full)

  /// After how many bytes the lines are dropped, as many as are written at a time.
  private static var full: Int { 1 << 16 }

  init(_ format: Format) {
    self.format = format
  }

  /// Appends the lines of a message.
  mutating func append(
    _ payload: Span<UInt8>, at lsn: LSN, _ totals: inout Drain.Totals
  ) throws(FormatError) {
    let xid = decoder.xid(of: payload)
    try decoder.decode(payload, at: lsn, wrappingErrors: FormatError.decoding) {
      message throws(FormatError) in
      totals.count(message)
      try format.append(message, at: lsn, provisionalIn: xid, to: &output)
    }
    if output.count >= Self.full { drop(&totals) }
  }

  /// Drops what was built so far, and counts it.
  mutating func drop(_ totals: inout Drain.Totals) {
    totals.outputBytes += output.count
    output.removeAll()
  }
}

extension Drain.Totals {
  /// Counts the row of a message, and its columns.
  fileprivate mutating func count(_ message: PgOutputMessage) {
    switch message {
    case .insert(_, let new), .update(_, nil, let new): columns += new.columnCount
    case .update(_, let old?, let new): columns += old.columnCount + new.columnCount
    case .delete(_, let old): columns += old.columnCount
    default: return
    }
    rows += 1
  }
}
