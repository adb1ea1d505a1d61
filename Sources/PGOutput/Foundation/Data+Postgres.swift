#if Foundation
  #if canImport(FoundationEssentials)
    public import FoundationEssentials
  #else
    public import Foundation
  #endif

  /// A `bytea`, with the package's trait `Foundation`.
  extension Data: PostgresDecodable, PostgresTextConvertible {
    public init(
      postgresText text: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      self.init(try PostgresBytea(postgresText: text, type: type))
    }

    public init(
      postgresBinary bytes: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      self.init(try PostgresBytea(postgresBinary: bytes, type: type))
    }

    public func appendPostgresText(to bytes: inout [UInt8]) {
      PostgresBytea(self).appendPostgresText(to: &bytes)
    }
  }

  extension Data {
    /// The same bytes.
    ///
    /// With the package's trait `Foundation`.
    public init(_ bytea: PostgresBytea) {
      self.init(bytea.bytes)
    }
  }

  extension PostgresBytea {
    /// The same bytes.
    ///
    /// With the package's trait `Foundation`.
    public init(_ data: Data) {
      self.init([UInt8](data))
    }
  }
#endif
