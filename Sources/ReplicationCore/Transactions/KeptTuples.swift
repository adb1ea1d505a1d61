internal import PGOutput

/// The tuples of a row change as the decoder has found them, so that no byte is looked at again.
struct KeptTuples: Sendable {
  /// What the change is, apart from its columns.
  private enum Form: Sendable {
    case insert
    case update(old: TupleData.Kind?)
    case delete(TupleData.Kind)
  }

  private let form: Form
  /// The old row's, then the new one's.
  private let places: KeptPlaces
  private let oldCount: Int

  private init(_ form: Form, _ places: KeptPlaces, oldCount: Int) {
    self.form = form
    self.places = places
    self.oldCount = oldCount
  }

  /// - Returns: `nil` for a message that is not a row change.
  init?(_ message: PgOutputMessage, in store: inout PlaceStore) {
    switch message {
    case .insert(_, .checked(_, _, let new)):
      self.init(.insert, store.keep(Span(), new), oldCount: 0)
    case .update(_, nil, .checked(_, _, let new)):
      self.init(.update(old: nil), store.keep(Span(), new), oldCount: 0)
    case .update(_, .checked(let kind, _, let old)?, .checked(_, _, let new)):
      self.init(.update(old: kind), store.keep(old, new), oldCount: old.count)
    case .delete(_, .checked(let kind, _, let old)):
      self.init(.delete(kind), store.keep(old, Span()), oldCount: old.count)
    default: return nil
    }
  }

  /// Passes the new tuple and the old one, those that there are.
  ///
  /// - Parameter bytes: The message that the tuples are from.
  @inline(__always)
  func withTuples<R>(
    in bytes: Span<UInt8>, _ body: (_ new: TupleData?, _ old: TupleData?) throws -> R
  ) throws -> R {
    try places.withPlaces { places in
      let old = places.extracting(first: oldCount)
      let new = places.extracting(droppingFirst: oldCount)
      return switch form {
      case .insert, .update(nil): try body(.checked(.new, bytes, new), nil)
      case .update(let kind?): try body(.checked(.new, bytes, new), .checked(kind, bytes, old))
      case .delete(let kind): try body(nil, .checked(kind, bytes, old))
      }
    }
  }

  /// Passes the change as a message.
  func withMessage<R>(
    of relation: Relation, in bytes: Span<UInt8>, _ body: (PgOutputMessage) throws -> R
  ) throws -> R {
    try places.withPlaces { places in
      let old = places.extracting(first: oldCount)
      let new = places.extracting(droppingFirst: oldCount)
      return switch form {
      case .insert: try body(.insert(relation, new: .checked(.new, bytes, new)))
      case .update(nil):
        try body(.update(relation, old: nil, new: .checked(.new, bytes, new)))
      case .update(let kind?):
        try body(
          .update(
            relation, old: .checked(kind, bytes, old), new: .checked(.new, bytes, new)))
      case .delete(let kind): try body(.delete(relation, old: .checked(kind, bytes, old)))
      }
    }
  }

  /// The change of a key as what has become of the old row; `nil` unless an old one was sent.
  var asDelete: KeptTuples? {
    guard case .update(let kind?) = form else { return nil }
    return KeptTuples(.delete(kind), places, oldCount: oldCount)
  }

  /// The change of a key as the new row alone.
  var asInsert: KeptTuples { KeptTuples(.insert, places, oldCount: oldCount) }

  /// The same tuples, with places in memory of their own.
  func copy() -> KeptTuples { KeptTuples(form, places.copy(), oldCount: oldCount) }
}
