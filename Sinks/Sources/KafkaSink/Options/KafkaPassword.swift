internal import CSinkRdKafka
internal import ChangeSinks
internal import PGWire

/// A password, or where it is found each time that the sink is opened.
@nonexhaustive public enum KafkaPassword: Hashable, Sendable {
  /// The password itself.
  case text(String)
  /// The environment variable that has it.
  case environment(String)
  /// The file whose first line it is.
  case file(String)
}

extension KafkaPassword: CustomStringConvertible, CustomReflectable {
  /// Where it is found; never the password.
  public var description: String {
    switch self {
    case .text: "a password"
    case .environment(let name): "the environment variable \(name.oneLine)"
    case .file(let path): "the file \(path.oneLine)"
    }
  }

  /// Without children.
  public var customMirror: Mirror { Mirror(self, children: []) }
}

extension KafkaPassword {
  /// The most bytes that a file may have.
  private static let fileSize = 4096

  /// The password.
  ///
  /// - Throws: `SinkError` if it can't be found.
  func value(for engine: String) throws(SinkError) -> String {
    switch self {
    case .text(let text): return text
    case .environment(let name):
      guard let value = unsafe pgcdc_kafka_environment(name) else {
        throw SinkError(engine: engine, .needsOperator, "\(self) is not set")
      }
      return unsafe String(cString: value)
    case .file(let path):
      var bytes = [UInt8](repeating: 0, count: Self.fileSize)
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe pgcdc_kafka_read_file(path, $0.baseAddress, $0.count)
      }
      guard count >= 0 else {
        throw SinkError(engine: engine, .needsOperator, "\(self) can't be read")
      }
      let line = bytes.prefix(Int(count)).prefix { $0 != 0x0A && $0 != 0x0D }
      return String(decoding: line, as: UTF8.self)
    }
  }
}
