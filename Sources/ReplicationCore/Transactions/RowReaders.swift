internal import PGOutput
internal import PGWire

/// What rows are read with, for as many tasks at once as there are.
///
/// What is prepared once for a relation is kept for the rows to come.
final class RowReaders: Sendable {
  private let types: TypeCatalog
  private let spare = Lock<[RowReader]>([])

  init(_ types: TypeCatalog) {
    self.types = types
  }

  /// Passes a reader that nobody else has.
  func use<R>(_ body: (RowReader) throws -> R) rethrows -> R {
    let reader = spare.withLock { $0.popLast() } ?? RowReader(types: types)
    defer { spare.withLock { $0.append(reader) } }
    return try body(reader)
  }
}
