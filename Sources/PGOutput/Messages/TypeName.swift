public import PGWire

/// The name of a type that isn't built in.
///
///     Type  Y | [xid 4] | oid 4 | namespace …0 | name …0
///
/// A domain is sent with its own oid, but with the namespace and the name of its base type. An
/// array type is sent like any other; its name is that of its elements' type after a `_`.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>
public struct TypeName: Hashable, Sendable {
  /// The type's oid in the database that is replicated.
  public let oid: UInt32
  /// The schema, in full: the wire's empty name stands for `pg_catalog`.
  public let namespace: String
  /// The type's name in that schema.
  public let name: String

  /// A name that is known from elsewhere, such as the catalogue.
  public init(oid: UInt32, namespace: String, name: String) {
    self.oid = oid
    self.namespace = namespace
    self.name = name
  }

  /// Decodes a whole Type message, its letter included, from outside a streamed block.
  public init(decoding payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.type)
    try self.init(body: rest)
  }

  /// - Parameter body: What follows the letter, and the xid if there is one.
  init(body: Span<UInt8>) throws(WireError) {
    var rest = body
    oid = try rest.readUInt32()
    namespace = try rest.readNamespace()
    name = try rest.readCString()
    try rest.expectEnd()
  }
}

extension TypeName: Codable {}

/// The schema of everything that is built in.
let pgCatalog = "pg_catalog"
