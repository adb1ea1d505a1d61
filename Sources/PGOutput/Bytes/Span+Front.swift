import PGWire

extension Span<UInt8> {
  /// Takes the message's letter, which must be that of `kind`.
  mutating func readLetter(_ kind: PgOutputMessage.Kind) throws(WireError) {
    let letter = try readUInt8()
    guard letter == kind.rawValue else { throw .unknownTag(letter) }
  }

  /// Takes the name of a schema; the wire has an empty one in place of `pg_catalog`.
  mutating func readNamespace() throws(WireError) -> String {
    let name = try readCString()
    return name.isEmpty ? pgCatalog : name
  }
}
