#if Foundation
  #if canImport(FoundationEssentials)
    public import FoundationEssentials
  #else
    public import Foundation
  #endif

  /// A text that is an address, with the package's trait `Foundation`.
  ///
  /// The column's type is `text`, `varchar`, `char(n)` or `citext`. Nothing is encoded
  /// or left out: a text that is not a URL by RFC 3986, such as one with a space or a letter that
  /// isn't ASCII, is ``PostgresValueError/outOfRange``.
  extension URL: PostgresDecodable, PostgresTextConvertible {
    public init(
      postgresText text: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      guard type.holdsText else { throw .wrongType }
      try self.init(held: try String(postgresText: text, type: type))
    }

    public init(
      postgresBinary bytes: Span<UInt8>, type: PostgresType
    ) throws(PostgresValueError) {
      guard type.holdsText else { throw .wrongType }
      try self.init(held: try String(postgresBinary: bytes, type: type))
    }

    public func appendPostgresText(to bytes: inout [UInt8]) {
      bytes.append(contentsOf: absoluteString.utf8)
    }

    private init(held text: String) throws(PostgresValueError) {
      guard let url = URL(string: text, encodingInvalidCharacters: false),
        url.absoluteString == text
      else { throw .outOfRange }
      self = url
    }
  }

  extension PostgresType {
    /// Whether values are texts of any content.
    fileprivate var holdsText: Bool {
      switch self {
      case .builtin(.text), .builtin(.varchar), .builtin(.bpchar), .text: true
      default: false
      }
    }
  }
#endif
