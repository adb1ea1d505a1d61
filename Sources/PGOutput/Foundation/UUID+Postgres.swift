#if Foundation
  #if canImport(FoundationEssentials)
    public import FoundationEssentials
  #else
    public import Foundation
  #endif

  /// A `uuid`, with the package's trait `Foundation`.
  extension UUID: PostgresDecodable, PostgresTextConvertible {
    public init(
      postgresText text: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      self.init(try PostgresUUID(postgresText: text, type: type))
    }

    public init(
      postgresBinary bytes: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      self.init(try PostgresUUID(postgresBinary: bytes, type: type))
    }

    public func appendPostgresText(to bytes: inout [UInt8]) {
      PostgresUUID(self).appendPostgresText(to: &bytes)
    }
  }

  extension UUID {
    /// The same UUID.
    ///
    /// With the package's trait `Foundation`.
    public init(_ uuid: PostgresUUID) {
      func byte(_ index: UInt128) -> UInt8 {
        UInt8(truncatingIfNeeded: uuid.bits >> (120 - 8 * index))
      }
      self.init(
        uuid: (
          byte(0), byte(1), byte(2), byte(3), byte(4), byte(5), byte(6), byte(7),
          byte(8), byte(9), byte(10), byte(11), byte(12), byte(13), byte(14), byte(15)
        ))
    }
  }

  extension PostgresUUID {
    /// The same UUID.
    ///
    /// With the package's trait `Foundation`.
    public init(_ uuid: UUID) {
      let bytes = uuid.uuid
      let inOrder: [UInt8] = [
        bytes.0, bytes.1, bytes.2, bytes.3, bytes.4, bytes.5, bytes.6, bytes.7,
        bytes.8, bytes.9, bytes.10, bytes.11, bytes.12, bytes.13, bytes.14, bytes.15,
      ]
      self.init(bits: inOrder.reduce(into: UInt128(0)) { $0 = $0 << 8 | UInt128($1) })
    }
  }
#endif
