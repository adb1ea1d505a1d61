import PGWire

/// The places of a new tuple that is filled up with what the old one holds.
@usableFromInline struct FilledPlaces {
  @usableFromInline let places: [ColumnPlace]
  /// The bytes of both, the new tuple's first; `nil` if both lie in one message.
  @usableFromInline let bytes: [UInt8]?

  /// - Parameter places: Memory that is used again.
  init(_ new: TupleData, from old: TupleData, reusing places: consuming [ColumnPlace]) {
    switch new {
    case .checked(_, let newBytes, let newPlaces):
      switch old {
      case .checked(_, let oldBytes, let oldPlaces):
        let isOneMessage = newBytes.isIdentical(to: oldBytes)
        places.removeAll(keepingCapacity: true)
        for column in newPlaces.indices {
          if newPlaces[column].kind == .unchanged, oldPlaces.indices.contains(column),
            oldPlaces[column].isKnown
          {
            places.append(oldPlaces[column].moved(by: isOneMessage ? 0 : newBytes.count))
          } else {
            places.append(newPlaces[column])
          }
        }
        bytes = isOneMessage ? nil : newBytes.copied() + oldBytes.copied()
      }
    }
    self.places = places
  }
}

extension TupleData {
  /// Whether some column is unchanged, and therefore not in the tuple.
  @inlinable var lacksColumns: Bool {
    switch self {
    case .checked(_, _, let places):
      for column in places.indices where places[column].kind == .unchanged { return true }
      return false
    }
  }
}
