internal import PGWire

/// Texts as a C array of C strings.
enum CStringArray {
  /// Passes the texts to `body`, with `NULL` behind the last.
  ///
  /// Their bytes are overwritten afterwards, since a password may be among them.
  static func with<R>(
    _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
  ) -> R {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(texts.reduce(0) { $0 + $1.utf8.count + 1 })
    var offsets: [Int] = []
    for text in texts {
      offsets.append(bytes.count)
      bytes += text.utf8
      bytes.append(0)
    }
    defer { wipe(&bytes) }
    return unsafe bytes.withUnsafeBytes { bytes in
      let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
      let pointers = unsafe offsets.map { unsafe base?.advanced(by: $0) }
      return unsafe (pointers + [nil]).withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
  }
}
