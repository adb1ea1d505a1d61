/// The value of a connection parameter that does not come from a connection string.
package struct ConnectionValue: Sendable {
  /// What libpq calls the parameter.
  package let key: String
  package let text: String
  /// What an error about the value names.
  package let source: String

  package init(_ key: String, _ text: String, source: String) {
    self.key = key
    self.text = text
    self.source = source
  }
}

extension ConnectionSettings {
  /// Replaces what a connection string says.
  mutating func replace(_ values: [ConnectionValue]) throws(ConnectionOptionsError) {
    for value in values {
      guard let key = ConnectionKey.named[value.key] else { throw .unknownKey(value.source) }
      guard !value.text.utf8.contains(0) else {
        throw .invalidValue(value.source, expected: ConnectionOptions.noZeroByte)
      }
      set(key, Array(value.text.utf8), source: value.source)
    }
  }
}
