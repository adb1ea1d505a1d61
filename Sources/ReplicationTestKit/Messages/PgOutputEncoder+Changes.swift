public import PGOutput
package import PGWire

// What describes tables, and the changes of their rows.

extension PgOutputEncoder {
  /// Message: Relation (`R`), before the first change of a table and again when its shape changes.
  ///
  /// - Parameters:
  ///   - oid: The table's oid.
  ///   - namespace: The schema; empty for `pg_catalog`.
  ///   - name: The table's name.
  ///   - identity: What updates and deletes say about the old row.
  ///   - columns: The published columns, in the order of every tuple.
  public static func relation(
    _ oid: UInt32, namespace: String = "public", _ name: String,
    identity: Relation.ReplicaIdentity = .default, _ columns: [ColumnHeader]
  ) -> [UInt8] {
    relation(oid, namespace: namespace, name, identityByte: identity.rawValue, columns)
  }

  /// The same with any byte in the place of the replica identity.
  package static func relation(
    _ oid: UInt32, namespace: String, _ name: String, identityByte: UInt8,
    _ columns: [ColumnHeader]
  ) -> [UInt8] {
    message("R") { output in
      output.write(oid)
      output.writeCString(namespace)
      output.writeCString(name)
      output.write(identityByte)
      output.write(Int16(truncatingIfNeeded: columns.count))
      for column in columns {
        output.write(column.flags)
        output.writeCString(column.name)
        output.write(column.typeOID)
        output.write(column.typeModifier)
      }
    }
  }

  /// Message: Type (`Y`), before a Relation that has a type which is not built in.
  ///
  /// - Parameters:
  ///   - oid: The type's oid.
  ///   - namespace: Its schema; empty for `pg_catalog`.
  ///   - name: Its name; for a domain those of the base type.
  public static func type(_ oid: UInt32, namespace: String, name: String) -> [UInt8] {
    message("Y") { output in
      output.write(oid)
      output.writeCString(namespace)
      output.writeCString(name)
    }
  }

  /// Message: Insert (`I`).
  ///
  /// - Parameters:
  ///   - oid: The table's oid.
  ///   - new: The row, column by column.
  public static func insert(_ oid: UInt32, new: [Column]) -> [UInt8] {
    message("I") { output in
      output.write(oid)
      output.write("N", new)
    }
  }

  /// Message: Update (`U`).
  ///
  /// Servers send at most one of `key` and `old`.
  ///
  /// - Parameters:
  ///   - oid: The table's oid.
  ///   - key: The old row if its key has changed: columns outside the key are `nil`.
  ///   - old: The whole old row, with a full replica identity.
  ///   - new: The new row.
  public static func update(
    _ oid: UInt32, key: [Column]? = nil, old: [Column]? = nil, new: [Column]
  ) -> [UInt8] {
    message("U") { output in
      output.write(oid)
      if let key { output.write("K", key) }
      if let old { output.write("O", old) }
      output.write("N", new)
    }
  }

  /// Message: Delete (`D`), with the key of the row.
  ///
  /// - Parameters:
  ///   - oid: The table's oid.
  ///   - key: The row; columns outside the key are `nil`.
  public static func delete(_ oid: UInt32, key: [Column]) -> [UInt8] {
    message("D") { output in
      output.write(oid)
      output.write("K", key)
    }
  }

  /// Message: Delete (`D`), with all of the row: the replica identity is full.
  ///
  /// - Parameters:
  ///   - oid: The table's oid.
  ///   - old: The row.
  public static func delete(_ oid: UInt32, old: [Column]) -> [UInt8] {
    message("D") { output in
      output.write(oid)
      output.write("O", old)
    }
  }

  /// Message: Truncate (`T`).
  ///
  /// - Parameters:
  ///   - oids: The tables' oids.
  ///   - cascades: Whether it was `TRUNCATE … CASCADE`.
  ///   - restartsIdentity: Whether it was `TRUNCATE … RESTART IDENTITY`.
  public static func truncate(
    _ oids: [UInt32], cascades: Bool = false, restartsIdentity: Bool = false
  ) -> [UInt8] {
    truncate(oids, optionBits: (cascades ? 1 : 0) | (restartsIdentity ? 2 : 0))
  }

  /// The same with any bits in the place of the options.
  package static func truncate(_ oids: [UInt32], optionBits: UInt8) -> [UInt8] {
    message("T") { output in
      output.write(Int32(truncatingIfNeeded: oids.count))
      output.write(optionBits)
      for oid in oids { output.write(oid) }
    }
  }
}

extension ByteWriter {
  /// Writes a tuple and the letter before it.
  package mutating func write(_ letter: Character, _ columns: [PgOutputEncoder.Column]) {
    write(contentsOf: letter.utf8)
    write(Int16(truncatingIfNeeded: columns.count))
    for column in columns {
      switch column {
      case .null:
        write(UInt8(ascii: "n"))
      case .unchanged:
        write(UInt8(ascii: "u"))
      case .text(let bytes):
        write(UInt8(ascii: "t"))
        write(Int32(truncatingIfNeeded: bytes.count))
        write(contentsOf: bytes)
      case .binary(let bytes):
        write(UInt8(ascii: "b"))
        write(Int32(truncatingIfNeeded: bytes.count))
        write(contentsOf: bytes)
      }
    }
  }
}
