package import PGWire

/// Builds pgoutput messages, for tests to decode: what a server does, field by field.
///
/// It checks nothing, so that it can also build what no server sends.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
package enum PgOutputEncoder {
  /// One column of a tuple.
  package enum Column: Sendable {
    case null
    case unchanged
    case text([UInt8])
    case binary([UInt8])
  }

  /// One column of a Relation.
  package struct ColumnHeader: Sendable {
    package var flags: UInt8
    package var name: String
    package var typeOID: UInt32
    package var typeModifier: Int32

    package init(
      _ name: String, _ typeOID: UInt32, flags: UInt8 = 0, typeModifier: Int32 = -1
    ) {
      self.flags = flags
      self.name = name
      self.typeOID = typeOID
      self.typeModifier = typeModifier
    }

    /// A column of the replica identity.
    package static func key(_ name: String, _ typeOID: UInt32) -> ColumnHeader {
      ColumnHeader(name, typeOID, flags: 1)
    }
  }

  package static func begin(finalLSN: UInt64, time: Int64, xid: UInt32) -> [UInt8] {
    message("B") { output in
      output.write(finalLSN)
      output.write(time)
      output.write(xid)
    }
  }

  package static func commit(commitLSN: UInt64, endLSN: UInt64, time: Int64) -> [UInt8] {
    message("C") { output in
      output.write(UInt8(0))
      output.write(commitLSN)
      output.write(endLSN)
      output.write(time)
    }
  }

  package static func origin(commitLSN: UInt64, name: String) -> [UInt8] {
    message("O") { output in
      output.write(commitLSN)
      output.writeCString(name)
    }
  }

  package static func relation(
    _ oid: UInt32, namespace: String = "public", _ name: String, identity: Character = "d",
    _ columns: [ColumnHeader]
  ) -> [UInt8] {
    message("R") { output in
      output.write(oid)
      output.writeCString(namespace)
      output.writeCString(name)
      output.write(contentsOf: identity.utf8)
      output.write(Int16(truncatingIfNeeded: columns.count))
      for column in columns {
        output.write(column.flags)
        output.writeCString(column.name)
        output.write(column.typeOID)
        output.write(column.typeModifier)
      }
    }
  }

  package static func type(_ oid: UInt32, namespace: String, name: String) -> [UInt8] {
    message("Y") { output in
      output.write(oid)
      output.writeCString(namespace)
      output.writeCString(name)
    }
  }

  package static func insert(_ oid: UInt32, new: [Column]) -> [UInt8] {
    message("I") { output in
      output.write(oid)
      output.write("N", new)
    }
  }

  /// An update; at most one of `key` and `old` is what servers send.
  package static func update(
    _ oid: UInt32, key: [Column]? = nil, old: [Column]? = nil, new: [Column]
  ) -> [UInt8] {
    message("U") { output in
      output.write(oid)
      if let key { output.write("K", key) }
      if let old { output.write("O", old) }
      output.write("N", new)
    }
  }

  package static func delete(_ oid: UInt32, key: [Column]) -> [UInt8] {
    message("D") { output in
      output.write(oid)
      output.write("K", key)
    }
  }

  package static func delete(_ oid: UInt32, old: [Column]) -> [UInt8] {
    message("D") { output in
      output.write(oid)
      output.write("O", old)
    }
  }

  package static func truncate(_ oids: [UInt32], options: UInt8 = 0) -> [UInt8] {
    message("T") { output in
      output.write(Int32(truncatingIfNeeded: oids.count))
      output.write(options)
      for oid in oids { output.write(oid) }
    }
  }

  package static func message(
    transactional: Bool, lsn: UInt64, prefix: String, content: [UInt8]
  ) -> [UInt8] {
    message("M") { output in
      output.write(UInt8(transactional ? 1 : 0))
      output.write(lsn)
      output.writeCString(prefix)
      output.write(Int32(truncatingIfNeeded: content.count))
      output.write(contentsOf: content)
    }
  }

  /// Any message: a letter and what `body` writes.
  package static func message(_ letter: Character, _ body: (inout ByteWriter) -> Void) -> [UInt8] {
    var output = ByteWriter()
    output.write(contentsOf: letter.utf8)
    body(&output)
    return output.bytes
  }
}

extension PgOutputEncoder.Column: ExpressibleByStringLiteral, ExpressibleByNilLiteral {
  package init(stringLiteral text: String) { self = .text(Array(text.utf8)) }
  package init(nilLiteral: ()) { self = .null }
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
