/// A password or key, stored once no matter how often the options that hold it are copied.
///
/// Nothing prints it: not string interpolation, not `dump`, not a debugger's description. Its bytes
/// are overwritten when the last reference is released.
public final class Password: Sendable {
  private let storage: Lock<[UInt8]>

  /// The UTF-8 bytes of the text.
  ///
  /// The caller's own `String` can't be reached: it is neither shared nor overwritten.
  public convenience init(_ text: String) {
    self.init(bytes: Array(text.utf8))
  }

  /// These bytes, which need not be UTF-8.
  public init(bytes: consuming [UInt8]) {
    storage = Lock(bytes)
  }

  deinit {
    storage.withLock { wipe(&$0) }
  }

  /// Passes the bytes to `body`, which must neither copy them needlessly nor use this password
  /// again.
  package func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withLock { (bytes) throws(Failure) in try body(bytes.span) }
  }
}

extension Password {
  var hasZeroByte: Bool {
    withBytes { bytes in bytes.indices.contains { bytes[$0] == 0 } }
  }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "Password(redacted)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: [], displayStyle: .class) }
}
