public import PGWire

/// Opens rows for reading, each in one pass over its bytes.
///
/// What a relation's rows have in common is prepared once, when its first row comes, and kept as
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
  /// The layout of the latest row, which most often is the next one's as well.
  private var latest: RowLayout?
  /// The memory of indices that no row uses at the moment.
  private var spare: [[ColumnPlace]] = []

  /// A reader that knows these types besides the built-in ones.
  public init(types: TypeCatalog = TypeCatalog()) {
    catalog = types
  }

  /// Lends one tuple as a row.
  ///
  /// - Parameter lsn: The position of the change, for errors.
  @inlinable public func read<R: ~Copyable, Failure: Error>(
    _ tuple: TupleData, of relation: Relation, at lsn: LSN,
    _ body: (Row) throws(Failure) -> R
  ) throws(Failure) -> R {
    let index = open(tuple, of: relation, at: lsn)
    defer { close(index) }
    switch tuple {
    case .checked(_, let bytes, _): return try body(.tuple(index, bytes))
    }
  }

  /// Lends an update's new tuple as a row that is filled up from the old one.
  ///
  /// A column that is unchanged has the old row's value if that row holds it: any column of a full
  /// one, a key column of a key. A column that the old row hasn't sent stays unchanged.
  @inlinable public func read<R: ~Copyable, Failure: Error>(
    _ new: TupleData, old: TupleData?, of relation: Relation, at lsn: LSN,
    _ body: (Row) throws(Failure) -> R
  ) throws(Failure) -> R {
    guard let old else { return try read(new, of: relation, at: lsn, body) }
    let index = open(new, of: relation, at: lsn)
    let oldIndex = open(old, of: relation, at: lsn)
    defer {
      close(oldIndex)
      close(index)
    }
    switch new {
    case .checked(_, let bytes, _):
      switch old {
      case .checked(_, let oldBytes, _):
        return try body(.merged(index, bytes, old: oldIndex, oldBytes))
      }
    }
  }

  @usableFromInline func open(_ tuple: TupleData, of relation: Relation, at lsn: LSN) -> RowIndex {
    let layout = layout(relation)
    layout.beginRow()
    return RowIndex(tuple, layout, lsn: lsn, reusing: spare.popLast() ?? [])
  }

  @usableFromInline func close(_ index: consuming RowIndex) {
    spare.append(index.places)
  }

  private func layout(_ relation: Relation) -> RowLayout {
    if let latest, latest.relation === relation { return latest }
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
