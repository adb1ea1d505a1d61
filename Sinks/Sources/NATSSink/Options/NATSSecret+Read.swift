internal import CSinkNATS
internal import ChangeSinks
internal import PGWire

extension NATSSecret {
  /// The most bytes that a file with a secret has.
  private static let maxBytes = 1 << 16

  /// The secret.
  func read(for engine: String) throws(SinkError) -> String {
    switch source {
    case .text(let secret): return secret
    case .environment(let variable):
      guard let value = unsafe getenv(variable) else {
        throw SinkError(
          engine: engine, .needsOperator, "the environment variable \(variable) is not set")
      }
      return unsafe String(cString: value)
    case .file(let path):
      guard let content = Self.content(of: path) else {
        throw SinkError(engine: engine, .needsOperator, "the file \(path) can't be read")
      }
      return content
    }
  }

  /// What a file has, without the line feed at its end; `nil` if it can't be read.
  static func content(of path: String) -> String? {
    var bytes = [UInt8](repeating: 0, count: maxBytes)
    let count = unsafe bytes.withUnsafeMutableBytes { (bytes) -> Int in
      guard let start = bytes.baseAddress else { return -1 }
      return unsafe sink_nats_read_file(path, start, bytes.count)
    }
    guard count >= 0, count < maxBytes else { return nil }
    bytes.removeLast(maxBytes - count)
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    return String(validating: bytes, as: UTF8.self)
  }
}
