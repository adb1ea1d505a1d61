import PGOutput
import PGWire

extension TableLayout {
  /// Whether an update has changed the key, as far as the stream says: of a table whose key isn't
  /// known, it doesn't say.
  func isKeyChanged(from old: TupleData, to new: TupleData) -> Bool {
    for place in key.indices {
      let index = key[place]
      let isSame = new.withColumn(at: index) { column in
        old.withColumn(at: index) { $0.isSame(as: column) } ?? true
      }
      if isSame == false { return true }
    }
    return false
  }
}

extension TupleColumn {
  /// Whether the value is that of the new row, which a column that is unchanged has too.
  ///
  /// What an old row lacks has not changed, as far as is known.
  fileprivate func isSame(as new: TupleColumn) -> Bool {
    switch new {
    case .unchanged, .notSent: return true
    case .null:
      switch self {
      case .null, .notSent, .unchanged: return true
      case .text, .binary: return false
      }
    case .text(let text), .binary(let text):
      switch self {
      case .text(let old), .binary(let old): return old.equals(text)
      case .null: return false
      case .notSent, .unchanged: return true
      }
    }
  }
}
