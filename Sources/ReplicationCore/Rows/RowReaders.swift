public import PGOutput
internal import PGWire

/// The readers of rows, for any number of concurrent tasks.
///
/// The preparation for a relation is kept for later rows.
@usableFromInline final class RowReaders: Sendable {
  private let types: TypeCatalog
  /// The reader that is enough for one task.
  @usableFromInline let first: ExclusiveCell<RowReader>
  private let spare = Lock<[RowReader]>([])

  init(_ types: TypeCatalog) {
    self.types = types
    first = ExclusiveCell(RowReader(types: types))
  }

  /// Passes a reader that no other task uses.
  @inlinable @inline(__always)
  func use<R, E>(_ body: (RowReader) throws(E) -> R) throws(E) -> R {
    if let result = try first.useIfFree({ (reader) throws(E) in try body(reader) }) {
      return result
    }
    return try useSpare(body)
  }

  @inlinable @inline(never)
  func useSpare<R, E>(_ body: (RowReader) throws(E) -> R) throws(E) -> R {
    let reader = takeSpare()
    defer { giveBack(reader) }
    return try body(reader)
  }

  @usableFromInline func takeSpare() -> RowReader {
    spare.withLock { $0.popLast() } ?? RowReader(types: types)
  }

  @usableFromInline func giveBack(_ reader: RowReader) {
    spare.withLock { $0.append(reader) }
  }
}
