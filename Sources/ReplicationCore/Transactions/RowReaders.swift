internal import PGOutput
internal import PGWire

/// What rows are read with, for as many tasks at once as there are.
///
/// What is prepared once for a relation is kept for the rows to come.
final class RowReaders: Sendable {
  struct Reader {
    var decoder = PgOutputDecoder()
    let rows: RowReader
  }

  private let types: TypeCatalog
  private let spare = Lock<[Reader]>([])

  init(_ types: TypeCatalog) {
    self.types = types
  }

  /// Lends a reader that nobody else has.
  func use<R>(_ body: (inout Reader) throws -> R) rethrows -> R {
    var reader = spare.withLock { $0.popLast() } ?? Reader(rows: RowReader(types: types))
    defer { spare.withLock { $0.append(reader) } }
    return try body(&reader)
  }
}
