public import PGWire

/// Opens rows for reading, straight from the places that the decoder has found.
///
/// What the rows of a relation have in common is prepared once, with its first row, and kept as
/// long as the relation stays the same. A reader belongs to one stream.
///
///     let rows = RowReader()
///     …
///     case .update(let relation, let old, let new):
///       try rows.read(new, old: old, of: relation, at: lsn) { row throws(RowError) in
///         let order = Order(id: try row["id"], total: try row["total"])
///         …
///       }
public final class RowReader {
  private let catalog: TypeCatalog
  private var layouts: [UInt32: RowLayout] = [:]
  /// The layout of the latest row, which is most often the next one's too.
  private var latest: RowLayout?
  /// Memory for the places of rows that are filled up, which no row uses at the moment.
  @usableFromInline var spare: [[ColumnPlace]] = []

  /// A reader that knows these types besides the built-in ones.
  public init(types: TypeCatalog = TypeCatalog()) {
    catalog = types
  }

  /// Passes one tuple as a row.
  ///
  /// - Parameter lsn: The position of the change, for errors.
  @inlinable public func read<R: ~Copyable, Failure: Error>(
    _ tuple: TupleData, of relation: Relation, at lsn: LSN,
    _ body: (RowView) throws(Failure) -> R
  ) throws(Failure) -> R {
    let context = CollectionOfOne(RowContext(beginRow(of: relation), at: lsn, tuple.kind))
    switch tuple {
    case .checked(_, let bytes, let places):
      return try body(.open(bytes, places, context.span))
    }
  }

  /// Passes an update's new tuple as a row that is filled up from the old one.
  ///
  /// A column that is unchanged has the old row's value if that row holds it: any column of a full
  /// one, a key column of a key. A column that the old row hasn't sent stays unchanged.
  @inlinable public func read<R: ~Copyable, Failure: Error>(
    _ new: TupleData, old: TupleData?, of relation: Relation, at lsn: LSN,
    _ body: (RowView) throws(Failure) -> R
  ) throws(Failure) -> R {
    guard let old, new.lacksColumns else { return try read(new, of: relation, at: lsn, body) }
    let context = CollectionOfOne(RowContext(beginRow(of: relation), at: lsn, new.kind))
    let filled = fill(new, from: old)
    defer { spare.append(filled.places) }
    switch new {
    case .checked(_, let bytes, _):
      let places = filled.places
      guard let joined = filled.bytes else {
        return try body(.open(bytes, places.span, context.span))
      }
      return try body(.open(joined.span, places.span, context.span))
    }
  }

  @usableFromInline func fill(_ new: TupleData, from old: TupleData) -> FilledPlaces {
    FilledPlaces(new, from: old, reusing: spare.popLast() ?? [])
  }

  @usableFromInline func beginRow(of relation: Relation) -> RowLayout {
    let layout: RowLayout
    if let latest, latest.relation === relation {
      layout = latest
    } else {
      layout = prepare(relation)
    }
    layout.beginRow()
    return layout
  }

  private func prepare(_ relation: Relation) -> RowLayout {
    let layout: RowLayout
    if let known = layouts[relation.oid], known.relation === relation {
      layout = known
    } else {
      layout = RowLayout(relation, catalog)
      layouts[relation.oid] = layout
    }
    latest = layout
    return layout
  }
}
