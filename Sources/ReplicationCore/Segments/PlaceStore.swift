internal import PGOutput

/// Keeps where the columns of row changes lie, many changes to a piece of memory.
///
/// One owner adds to it. What it returns may be read by anybody, at any time: a piece lives as long
/// as places in it do, and is used again only when nobody has any.
struct PlaceStore {
  private var piece = PlacePiece(capacity: PlaceStore.pieceCapacity)

  /// Enough for most batches' rows to share one, and little to hold on to for one row: 12 KiB.
  static let pieceCapacity = 1024

  /// Keeps places, those of one tuple before those of another.
  mutating func keep(_ places: Span<ColumnPlace>, _ others: Span<ColumnPlace>) -> KeptPlaces {
    let count = places.count + others.count
    if isKnownUniquelyReferenced(&piece) { piece.reuse() }
    if count > piece.room { piece = PlacePiece(capacity: max(count, PlaceStore.pieceCapacity)) }
    let start = piece.append(places)
    _ = piece.append(others)
    return KeptPlaces(piece, start..<start + count)
  }
}

/// Places that are kept as long as this is.
struct KeptPlaces: Sendable {
  private let piece: PlacePiece
  private let range: Range<Int>

  fileprivate init(_ piece: PlacePiece, _ range: Range<Int>) {
    self.piece = piece
    self.range = range
  }

  /// Passes the places to `body`.
  @inline(__always)
  func withPlaces<R, E>(_ body: (Span<ColumnPlace>) throws(E) -> R) throws(E) -> R {
    try piece.withPlaces(range, body)
  }

  /// The same places in memory of their own.
  func copy() -> KeptPlaces {
    withPlaces { places in
      let memory = PlacePiece(capacity: places.count)
      return KeptPlaces(memory, memory.append(places)..<places.count)
    }
  }
}

/// A piece of memory for places.
///
/// Its owner writes behind what has been handed out, and never over it; so what is read by others
/// doesn't change, and the owner's mark of how much is written is its own.
@safe private final class PlacePiece: @unchecked Sendable {
  private let memory: UnsafeMutableBufferPointer<ColumnPlace>
  private var used = 0

  init(capacity: Int) {
    unsafe memory = .allocate(capacity: capacity)
  }

  // Places are trivial, so there is nothing to deinitialize.
  deinit { unsafe memory.deallocate() }

  /// How many places can be added.
  var room: Int { unsafe memory.count - used }

  /// Forgets all places, of which nobody has any.
  func reuse() { used = 0 }

  /// Adds places, for which there is room.
  ///
  /// - Returns: Where they begin.
  func append(_ places: Span<ColumnPlace>) -> Int {
    let start = used
    precondition(places.count <= room)
    for index in places.indices {
      unsafe memory.initializeElement(at: start + index, to: places[index])
    }
    used += places.count
    return start
  }

  @inline(__always)
  func withPlaces<R, E>(
    _ range: Range<Int>, _ body: (Span<ColumnPlace>) throws(E) -> R
  ) throws(E) -> R {
    // The range was handed out, so it has been written.
    try body(unsafe Span(_unsafeElements: UnsafeBufferPointer(rebasing: memory[range])))
  }
}
