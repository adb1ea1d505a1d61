internal import PGWire

/// Lends the texts as a C array of C strings, `NULL` for `nil` and at the end.
///
/// The bytes are overwritten afterwards, since a password may be among them.
func withCStrings<R>(
  _ texts: [[UInt8]?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
) -> R {
  var bytes: [UInt8] = []
  bytes.reserveCapacity(texts.reduce(0) { $0 + ($1?.count ?? 0) + 1 })
  var offsets: [Int?] = []
  for text in texts {
    offsets.append(text == nil ? nil : bytes.count)
    if let text { bytes += text + [0] }
  }
  defer { wipe(&bytes) }
  return unsafe bytes.withUnsafeBytes { bytes in
    let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    let pointers = unsafe offsets.map { offset -> UnsafePointer<CChar>? in
      guard let offset else { return nil }
      return unsafe base?.advanced(by: offset)
    }
    return unsafe (pointers + [nil]).withUnsafeBufferPointer { unsafe body($0.baseAddress) }
  }
}

/// The same for text.
func withCStrings<R>(
  _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
) -> R {
  unsafe withCStrings(texts.map { $0.map { Array($0.utf8) } }) { unsafe body($0) }
}
