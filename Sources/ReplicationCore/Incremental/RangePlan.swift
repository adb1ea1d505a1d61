internal import PGOutput

/// Where to cut a table, so that each range has about the same number of bytes.
///
/// Bounds come from the histogram of the key's first column, between two of which there are about
/// equally many rows, or from a sample. They are guesses: every range that has been read says how
/// many bytes it really had, and a range that was too large makes the following ones smaller.
/// Where even the rows between two bounds are too many, the server is asked for a key in between.
struct RangePlan: Sendable {
  /// In ascending order, as the server has them.
  let bounds: [Key]
  /// The number of bytes that a range should have.
  let targetBytes: Double
  /// The number of bytes that are thought to lie between two bounds.
  private(set) var bytesBetweenBounds: Double
  /// The number of bytes that a row is thought to have when it is read.
  private(set) var bytesPerRow: Double

  /// Where a range that is read next should end.
  enum Cut: Hashable, Sendable {
    case at(KeyBound)
    /// Nowhere: it is small enough.
    case nowhere
    /// At the key so many rows behind its start; ask the server for it.
    case behindRows(UInt32)
  }

  /// About 16 MiB: long enough to be worth a transaction, short enough for the stream to wait for.
  static let defaultTargetBytes = 16.0 * 1024 * 1024

  init(
    bounds: [Key], tableBytes: Double, rows: Double, targetBytes: Double = defaultTargetBytes
  ) {
    self.bounds = bounds
    self.targetBytes = max(1, targetBytes)
    let bytes = tableBytes.isFinite ? max(1, tableBytes) : 1
    bytesBetweenBounds = bytes / Double(bounds.count + 1)
    bytesPerRow = rows >= 1 ? max(1, bytes / rows) : Self.unknownBytesPerRow
  }

  private static let unknownBytesPerRow = 128.0

  /// Bounds from `pg_stats.histogram_bounds`, an array of values of the key's first column.
  ///
  /// Text that can't be read, or is so long that a checkpoint should not hold it, makes no bound.
  static func bounds(histogram text: String, _ shape: KeyShape) -> [Key] {
    guard let column = shape.columns.first else { return [] }
    let utf8 = Array(text.utf8)
    let array = PostgresType.array(of: .builtin(.text), delimiter: UInt8(ascii: ","))
    guard let values = try? [String](postgresText: utf8.span, type: array) else { return [] }
    var bounds: [Key] = []
    for value in values where value.utf8.count <= KeyShape.maxBoundBytes {
      let text = Array(value.utf8)
      guard let value = KeyValue(text: text.span, type: column.type) else { continue }
      let key = Key([value])
      // The server's order is taken as it is where it is unknown here.
      if let last = bounds.last, let order = last.compare(key), order != .before { continue }
      bounds.append(key)
    }
    return bounds
  }

  /// Where to cut a range that no worker has taken yet.
  func cut(_ range: KeyRange) -> Cut {
    let next = bounds.indices.first { range.isCut(by: KeyBound(.before, bounds[$0])) == true }
    guard let next = next ?? indexBehindStart(of: range) else {
      // No bound lies inside: it is a part of what lies between two of them.
      return bytesBetweenBounds > 2 * targetBytes ? .behindRows(rowsPerRange) : .nowhere
    }
    if bytesBetweenBounds > 2 * targetBytes { return .behindRows(rowsPerRange) }
    let steps = max(1, min(targetBytes / bytesBetweenBounds, Double(bounds.count))).rounded(.down)
    let index = min(next + Int(steps) - 1, bounds.count - 1)
    let bound = KeyBound(.before, bounds[index])
    return range.isCut(by: bound) == false ? .nowhere : .at(bound)
  }

  /// Where the order is unknown here, the range's start is found by being the same as a bound.
  private func indexBehindStart(of range: KeyRange) -> Int? {
    guard case .opaque? = bounds.first?.values.first else { return nil }
    guard let start = range.start else { return 0 }
    guard let index = bounds.firstIndex(of: start.key), index + 1 < bounds.count else { return nil }
    return index + 1
  }

  private var rowsPerRange: UInt32 {
    UInt32(max(1, min(targetBytes / bytesPerRow, Double(UInt32.max / 2))))
  }

  /// A range has been read that was cut by this plan.
  mutating func measured(_ range: KeyRange, rows: UInt64, bytes: UInt64) {
    guard rows > 0, bytes > 0 else { return }
    bytesPerRow = (bytesPerRow + Double(bytes) / Double(rows)) / 2
    let end = range.end.flatMap { end in bounds.firstIndex { $0 == end.key } }
    let start = range.start.flatMap { start in bounds.firstIndex { $0 == start.key } }
    // It says something of the distance between bounds only if it began and ended at one.
    guard range.start == nil || start != nil, range.end == nil || end != nil else { return }
    let intervals = (end ?? bounds.count) - (start ?? -1)
    guard intervals > 0 else { return }
    let measured = max(1, Double(bytes) / Double(intervals))
    // Larger than thought counts at once, smaller only half, since large ranges do the harm.
    bytesBetweenBounds =
      measured > bytesBetweenBounds ? measured : (bytesBetweenBounds + measured) / 2
  }
}
