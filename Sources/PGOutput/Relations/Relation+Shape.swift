extension Relation {
  /// Whether the other relation has the same shape, regardless of oids.
  ///
  /// Names, replica identity, and columns with their types, in the same order.
  public func hasSameShape(as other: Relation) -> Bool {
    self === other
      || namespace == other.namespace && name == other.name
        && replicaIdentity == other.replicaIdentity && columns == other.columns
  }

  /// A number that stands for the shape: the same in every run and on every platform.
  ///
  /// It is the 64-bit FNV-1a hash (offset basis `cbf29ce484222325`, prime `100000001b3`, both
  /// hexadecimal) over these bytes, numbers with the most significant byte first:
  ///
  ///     relation  namespace …0 | name …0 | replica identity 1 | count 4 | count × column
  ///     column    key 1 (0 or 1) | name …0 | type oid 4 | type modifier 4
  ///               | type's namespace …0 | type's name …0
  ///
  /// The type's names are those of a Type message; both are empty for a built-in type. The table's
  /// oid is not part of it, so a table that is recreated with the same shape has the same number.
  /// The oids of types that aren't built in differ from one database to the next.
  public var shapeHash: UInt64 {
    var hash = FNV1a()
    hash.combine(namespace)
    hash.combine(name)
    hash.combine(replicaIdentity.rawValue)
    hash.combine(UInt32(truncatingIfNeeded: columns.count))
    for column in columns {
      hash.combine(column.isKey ? 1 : 0 as UInt8)
      hash.combine(column.name)
      hash.combine(column.typeOID)
      hash.combine(UInt32(bitPattern: column.typeModifier))
      if case .named(let type) = column.type {
        hash.combine(type.namespace)
        hash.combine(type.name)
      } else {
        hash.combine("")
        hash.combine("")
      }
    }
    return hash.value
  }
}

/// The hash of Fowler, Noll and Vo, 64 bits, variant 1a.
///
/// Reference: <https://www.rfc-editor.org/rfc/rfc9923>
private struct FNV1a {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func combine(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x100_0000_01B3
  }

  mutating func combine(_ number: UInt32) {
    for shift: UInt32 in [24, 16, 8, 0] { combine(UInt8(truncatingIfNeeded: number >> shift)) }
  }

  /// The text and a zero byte, which no name in PostgreSQL can hold.
  mutating func combine(_ text: String) {
    for byte in text.utf8 { combine(byte) }
    combine(0 as UInt8)
  }
}
