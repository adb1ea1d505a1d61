/// An `inet`: a host's address, with the mask of its network if it has one.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-net-types.html>
public struct PostgresInet: Hashable, Sendable {
  /// The address and its mask.
  public let network: IPNetwork

  /// An `inet` with this address and mask.
  public init(_ network: IPNetwork) {
    self.network = network
  }
}

extension PostgresInet: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .inet }

  /// Reads `10.0.0.1`, `192.168.1.5/24` or `::1/64`.
  public init?(postgresText text: Span<UInt8>) {
    guard let network = IPNetwork(text: text, alwaysHasMask: false) else { return nil }
    self.network = network
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard let network = IPNetwork(binary: bytes, isCIDR: false) else { return nil }
    self.network = network
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    network.appendText(alwaysHasMask: false, to: &bytes)
  }
}

/// A `cidr`: a network, whose address has no bit beyond the mask.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-net-types.html>
public struct PostgresCIDR: Hashable, Sendable {
  /// The network's address and its mask.
  public let network: IPNetwork

  /// - Returns: `nil` if a bit is set beyond the mask.
  public init?(_ network: IPNetwork) {
    guard network.isNetwork else { return nil }
    self.network = network
  }
}

extension PostgresCIDR: PostgresScalar, CustomStringConvertible {
  @usableFromInline package static func stands(for type: BuiltinType) -> Bool { type == .cidr }

  /// Reads `10.0.0.0/8` or `10.0.0.1/32`.
  public init?(postgresText text: Span<UInt8>) {
    guard let network = IPNetwork(text: text, alwaysHasMask: true) else { return nil }
    self.init(network)
  }

  public init?(postgresBinary bytes: Span<UInt8>) {
    guard let network = IPNetwork(binary: bytes, isCIDR: true) else { return nil }
    self.init(network)
  }

  public func appendPostgresText(to bytes: inout [UInt8]) {
    network.appendText(alwaysHasMask: true, to: &bytes)
  }
}
