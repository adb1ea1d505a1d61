internal import PGWire

/// The ranges of one table, which together are all its keys, in order.
///
/// Neighbours that are both open, both passed, both released or both lost become one. What has been
/// read is mostly one long range at the front, so there are few ranges at any time: those that
/// workers have, those whose horizon the stream has not passed, and the rows that are read again by
/// themselves. ``IncrementalMachine/Limits`` bounds all three.
struct TableRanges: Hashable, Sendable {
  struct Piece: Hashable, Sendable {
    var id: RangeID
    /// Where it begins; it ends where the next one begins.
    var start: KeyBound?
    var state: RangeState
    /// The transaction that was being delivered when it was armed, by its number in the stream.
    ///
    /// What that transaction does to the range is dropped to its end, as it was before.
    var armedDuring: UInt64?
    /// Whether this is a single row that is read again.
    var isSingleKey = false
  }

  /// In the order of their keys; never empty.
  private(set) var pieces: [Piece]
  /// Changes whenever bounds do.
  private(set) var generation: UInt64 = 0

  init(id: RangeID, state: RangeState = .open) {
    pieces = [Piece(id: id, start: nil, state: state)]
  }

  /// - Returns: `nil` unless the first begins before all keys, and each begins behind the one
  ///   before, as far as that can be said here.
  init?(_ pieces: [Piece]) {
    guard let first = pieces.first, first.start == nil else { return nil }
    for (left, right) in zip(pieces, pieces.dropFirst()) {
      guard let end = right.start else { return nil }
      if let start = left.start, let order = start.compare(end), order != .before { return nil }
    }
    self.pieces = pieces
  }

  func range(at index: Int) -> KeyRange {
    KeyRange(
      start: pieces[index].start,
      end: index + 1 < pieces.count ? pieces[index + 1].start : nil)
  }

  func index(of id: RangeID) -> Int? { pieces.firstIndex { $0.id == id } }

  /// The piece that a key lies in; `nil` if only the server knows.
  ///
  /// - Complexity: O(log n) comparisons.
  func index(of key: Key) -> Int? {
    var (low, high) = (0, pieces.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      guard let isBehind = pieces[middle].start?.isBehind(key) else { return nil }
      if isBehind { low = middle } else { high = middle - 1 }
    }
    return low
  }

  mutating func setState(_ state: RangeState, at index: Int, armedDuring: UInt64? = nil) {
    pieces[index].state = state
    pieces[index].armedDuring = armedDuring
  }

  /// What has not been read is not going to be.
  mutating func release() {
    for index in pieces.indices where !isReadOrReleased(pieces[index].state) {
      setState(.released, at: index)
    }
    join()
  }

  /// What has not been read can't be read any more.
  mutating func lose() {
    for index in pieces.indices where !isReadOrReleased(pieces[index].state) {
      setState(.lost, at: index)
    }
    join()
  }

  /// A row that was a range by itself has been read, so that it need not be counted any more.
  mutating func markRead(at index: Int) {
    pieces[index].isSingleKey = false
  }

  /// Makes two pieces of one; the second gets the new id.
  mutating func cut(at index: Int, by bound: KeyBound, _ id: RangeID) {
    var second = pieces[index]
    second.id = id
    second.start = bound
    second.isSingleKey = false
    pieces.insert(second, at: index + 1)
    generation &+= 1
  }

  /// Makes a key a range of its own, which is open, and leaves what lies around it as it is.
  ///
  /// - Parameter newID: Makes ids, for the key and for what lies behind it.
  mutating func isolate(_ key: Key, at index: Int, newID: () -> RangeID) {
    var index = index
    let (before, after) = (KeyBound(.before, key), KeyBound(.after, key))
    if pieces[index].start?.compare(before) != .same {
      cut(at: index, by: before, newID())
      index += 1
    }
    if range(at: index).end?.compare(after) != .same { cut(at: index, by: after, newID()) }
    setState(.open, at: index)
    pieces[index].isSingleKey = true
  }

  /// Gives a range its state, and cuts it out of the pieces that it lies in.
  ///
  /// - Parameter anchor: Where a piece begins in which the range lies; `nil` for the first one. So
  ///   nothing has to be compared whose order is unknown here.
  mutating func set(
    _ state: RangeState, of range: KeyRange, behind anchor: KeyBound?, newID: () -> RangeID
  ) {
    guard let anchor = index(startingAt: anchor) else { return }
    var first = anchor
    if let start = range.start { first = cut(behind: anchor, by: start, newID: newID) }
    var end = pieces.count
    if let bound = range.end { end = cut(behind: first, by: bound, newID: newID) }
    for index in first..<max(first, end) {
      setState(state, at: index)
      pieces[index].isSingleKey = false
    }
    join()
  }

  /// - Returns: The piece that begins at the bound.
  private mutating func cut(
    behind first: Int, by bound: KeyBound, newID: () -> RangeID
  ) -> Int {
    if let index = index(startingAt: bound) { return index }
    var index = first
    // Rows that are read again by themselves have bounds of their own; their order is known here.
    while index + 1 < pieces.count, let order = pieces[index + 1].start?.compare(bound),
      order == .before
    {
      index += 1
    }
    cut(at: index, by: bound, newID())
    return index + 1
  }

  /// Opens all pieces of a range again.
  mutating func reopen(_ range: KeyRange) {
    guard let first = index(startingAt: range.start) else { return }
    let end = range.end.flatMap { index(startingAt: $0) } ?? pieces.count
    for index in first..<max(first, end) { setState(.open, at: index) }
    join()
  }

  private func index(startingAt bound: KeyBound?) -> Int? {
    guard let bound else { return 0 }
    return pieces.firstIndex { $0.start?.compare(bound) == .same }
  }

  /// The last place, at or before a piece, on whose other side something has been read.
  ///
  /// A checkpoint has that place too, while it knows nothing of cuts between ranges that have not
  /// been read.
  func anchor(at index: Int) -> KeyBound? {
    for index in stride(from: index, to: 0, by: -1) {
      if isReadOrReleased(pieces[index - 1].state) || isReadOrReleased(pieces[index].state) {
        return pieces[index].start
      }
    }
    return nil
  }

  private func isReadOrReleased(_ state: RangeState) -> Bool {
    switch state {
    case .done, .passed, .released: true
    default: false
    }
  }

  /// Joins neighbours that are equal in what they do.
  ///
  /// - Parameter joined: Is told which range has become a part of which.
  mutating func join(_ joined: (_ part: RangeID, _ whole: RangeID) -> Void = { _, _ in }) {
    guard pieces.count > 1 else { return }
    var kept: [Piece] = [pieces[0]]
    for piece in pieces.dropFirst() {
      if let last = kept.last, last.state == piece.state, !last.state.hasWorker,
        last.state.point == nil,
        last.isSingleKey == piece.isSingleKey
          || last.state != .open
      {
        joined(piece.id, last.id)
        kept[kept.count - 1].isSingleKey = false
      } else {
        kept.append(piece)
      }
    }
    guard kept.count < pieces.count else { return }
    pieces = kept
    generation &+= 1
  }

  /// The stream is at a position: ranges whose horizon is not beyond it need no filter any more.
  mutating func pass(_ position: LSN) {
    for index in pieces.indices {
      if case .done(let point) = pieces[index].state, point.horizon <= position {
        setState(.passed, at: index)
      }
    }
  }
}
