public import CDCTime

extension PostgresScalar {
  /// Reads what the server prints, and nothing else.
  init?(printed text: String) {
    let utf8 = text.utf8
    self.init(postgresText: utf8.span)
  }
}

// The protocol is not public, so each of its types has an initializer of its own.

extension PostgresBits {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresBox {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresBytea {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresCIDR {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresChar {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresCircle {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresDate {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresInet {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresInterval {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresLine {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresLineSegment {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresMACAddress {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresMoney {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresNumeric {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresPath {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresPoint {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresPolygon {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresTID {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresTime {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresTimeTZ {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}

extension PostgresUUID {
  /// Reads what the server prints, and nothing else.
  public init?(postgresText text: String) { self.init(printed: text) }
}
