internal import PGOutput
internal import PGWire

/// What rows are read with, for as many tasks at once as there are.
///
/// What is prepared once for a relation is kept for the rows to come.
final class RowReaders: Sendable {
  private let types: TypeCatalog
  /// The one that is enough for one task.
  private let first: ExclusiveCell<RowReader>
  private let spare = Lock<[RowReader]>([])

  init(_ types: TypeCatalog) {
    self.types = types
    first = ExclusiveCell(RowReader(types: types))
  }

  /// Passes a reader that nobody else has.
  @inline(__always)
  func use<R>(_ body: (RowReader) throws -> R) throws -> R {
    if let result = try first.useIfFree({ reader in try body(reader) }) { return result }
    return try useSpare(body)
  }

  private func useSpare<R>(_ body: (RowReader) throws -> R) throws -> R {
    let reader = spare.withLock { $0.popLast() } ?? RowReader(types: types)
    defer { spare.withLock { $0.append(reader) } }
    return try body(reader)
  }
}
