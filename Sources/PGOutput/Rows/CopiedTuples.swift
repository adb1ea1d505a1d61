package import PGWire

/// Rows that COPY has brought, as tuples like those of a stream.
package struct CopiedTuples: Sendable {
  private let bytes: [UInt8]
  private let places: [ColumnPlace]
  private let columnCount: Int
  /// How many rows there are.
  package let count: Int

  package init(_ rows: consuming CopyRows, _ format: CopyFormat) {
    let kind: ColumnPlace.Kind = format.isBinary ? .binary : .text
    places = rows.fields.map { field in
      // No value is longer than 1 GiB.
      field.count.map {
        ColumnPlace(kind, start: field.start, count: UInt32(truncatingIfNeeded: $0))
      } ?? ColumnPlace(.null)
    }
    columnCount = format.columnCount
    count = rows.count
    bytes = rows.bytes
  }

  /// Visits every row, as a new one.
  package func forEach<Failure: Error>(
    _ body: (TupleData) throws(Failure) -> Void
  ) throws(Failure) {
    let bytes = bytes.span
    let places = places.span
    for row in 0..<count {
      try body(
        .checked(.new, bytes, places.extracting(row * columnCount..<(row + 1) * columnCount)))
    }
  }
}
