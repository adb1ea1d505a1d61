internal import CSinkHiredis
internal import ChangeSinks
internal import PGWire

/// A password, or where it is: it is looked up each time that a connection is made.
///
/// Nothing prints it.
public struct RedisPassword: Hashable, Sendable {
  private enum Source: Hashable, Sendable {
    case text(String)
    case environment(String)
    case file(String)
  }

  private let source: Source

  /// The most bytes that a file may have.
  private static let maxFileBytes = 4096

  /// This password.
  public static func text(_ password: String) -> RedisPassword {
    RedisPassword(source: .text(password))
  }

  /// What an environment variable has.
  public static func environment(_ variable: String) -> RedisPassword {
    RedisPassword(source: .environment(variable))
  }

  /// What a file has, without a line feed at its end.
  public static func file(_ path: String) -> RedisPassword {
    RedisPassword(source: .file(path))
  }

  /// The bytes of the password.
  func resolved(for engine: String) throws(SinkError) -> [UInt8] {
    switch source {
    case .text(let password): return Array(password.utf8)
    case .environment(let variable):
      guard let value = unsafe getenv(variable) else {
        throw SinkError(
          engine: engine, .needsOperator,
          "the password should be in the environment variable \(variable), which is not set")
      }
      return unsafe Array(String(cString: value).utf8)
    case .file(let path): return try Self.content(of: path, engine)
    }
  }

  private static func content(of path: String, _ engine: String) throws(SinkError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: maxFileBytes + 1)
    let count = unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe pgsink_redis_read_file(path, bytes.baseAddress, bytes.count)
    }
    guard count >= 0, count <= maxFileBytes else {
      let why = count < 0 ? "can't be read" : "has more than \(maxFileBytes) bytes"
      throw SinkError(
        engine: engine, .needsOperator, "the password should be in \(path), which \(why)")
    }
    bytes.removeLast(bytes.count - count)
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return bytes
  }
}

extension RedisPassword: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "RedisPassword(redacted)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .struct) }
}
