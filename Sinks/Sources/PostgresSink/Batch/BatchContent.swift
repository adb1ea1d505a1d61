internal import PGOutput

/// Operations, and the values of their rows as the server prints them.
struct BatchContent: Sendable {
  /// The cell of a column that is NULL.
  static let null = -1
  /// The cell of a column that was not sent.
  static let unknown = -2

  /// The texts of all values, each with a zero byte behind it.
  private(set) var bytes: [UInt8] = []
  /// For each column of each row where its text begins in ``bytes``, or one of the above.
  private(set) var cells: [Int] = []
  private(set) var operations: [BatchOperation] = []
  /// How many of the operations belong to transactions and ranges that have ended.
  private(set) var ended = 0
  /// When the last of those transactions was committed, as the server prints it.
  private(set) var commitTime: String?
  /// How often it was emptied.
  private(set) var generation = 0

  /// A place to which the content can be cut back.
  struct Mark: Sendable {
    fileprivate let generation: Int
    fileprivate let bytes: Int
    fileprivate let cells: Int
    fileprivate let operations: Int
  }

  private static let keptBytes = 4 << 20

  var byteCount: Int {
    bytes.count + cells.count * MemoryLayout<Int>.stride
      + operations.count * MemoryLayout<BatchOperation>.stride
  }

  var mark: Mark {
    Mark(
      generation: generation, bytes: bytes.count, cells: cells.count,
      operations: operations.count)
  }

  /// Empties it.
  mutating func removeAll() {
    let isKept = byteCount <= Self.keptBytes
    bytes.removeAll(keepingCapacity: isKept)
    cells.removeAll(keepingCapacity: isKept)
    operations.removeAll(keepingCapacity: isKept)
    ended = 0
    commitTime = nil
    generation += 1
  }

  /// Forgets what was appended since a mark.
  ///
  /// - Returns: False if the content was emptied since, so that a part of it is in the target.
  mutating func cut(to mark: Mark) -> Bool {
    guard mark.generation == generation else { return false }
    bytes.removeSubrange(mark.bytes...)
    cells.removeSubrange(mark.cells...)
    operations.removeSubrange(mark.operations...)
    return true
  }
}

extension BatchContent {
  /// Appends an operation.
  mutating func append(_ operation: BatchOperation) {
    operations.append(operation)
    switch operation {
    case .end(let time):
      ended = operations.count
      commitTime = time ?? commitTime
    // Nothing is open then.
    case .undo: ended = operations.count
    default: return
    }
  }

  /// Appends rows that were read, whose cells were appended last.
  mutating func append(rows count: Int, of shape: Int, first: Int) {
    guard count > 0 else { return }
    if case .rows(shape, first: let earlier, count: let former)? = operations.last {
      operations[operations.count - 1] = .rows(shape, first: earlier, count: former + count)
    } else {
      operations.append(.rows(shape, first: first, count: count))
    }
  }

  /// Appends the values of a row.
  ///
  /// - Returns: The place of its first cell.
  /// - Throws: `RowError` for a binary value whose text is not known.
  mutating func append(_ row: RowView) throws(RowError) -> Int {
    let first = cells.count
    for column in 0..<row.columnCount {
      let isBinary = try row.withColumn(at: column) { value throws(RowError) in
        switch value {
        case .null: append(cell: Self.null)
        case .unchanged, .notSent: append(cell: Self.unknown)
        case .text(let text): append(text)
        case .binary: return true
        }
        return false
      }
      guard isBinary else { continue }
      // The same text as the server would have sent.
      let text = try row[column, as: String.self]
      let utf8 = text.utf8
      append(utf8.span)
    }
    return first
  }

  private mutating func append(cell: Int) { cells.append(cell) }

  private mutating func append(_ text: Span<UInt8>) {
    cells.append(bytes.count)
    bytes.append(addingCapacity: text.count + 1) { output in
      for index in text.indices { output.append(text[index]) }
      output.append(0)
    }
  }
}

// MARK: - Reading

extension BatchContent {
  /// Whether all values of a row are known.
  func isComplete(_ row: Int, columns: Int) -> Bool {
    !cells[row..<row + columns].contains(Self.unknown)
  }

  /// Which values of a row are known.
  func known(_ row: Int, columns: Int) -> [Bool] {
    cells[row..<row + columns].map { $0 != Self.unknown }
  }

  /// Whether two cells have different texts.
  func differ(_ left: Int, _ right: Int) -> Bool {
    var (left, right) = (cells[left], cells[right])
    guard left >= 0, right >= 0 else { return left != right }
    while bytes[left] == bytes[right] {
      if bytes[left] == 0 { return false }
      left += 1
      right += 1
    }
    return true
  }
}
