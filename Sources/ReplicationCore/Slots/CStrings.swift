/// Lends the texts as a C array of C strings, `NULL` for `nil` and at the end.
func withCStrings<R>(
  _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> R
) -> R {
  var bytes: [CChar] = []
  var offsets: [Int?] = []
  for text in texts {
    offsets.append(text == nil ? nil : bytes.count)
    if let text { bytes += text.utf8CString }
  }
  return unsafe bytes.withUnsafeBufferPointer { bytes in
    let pointers = unsafe offsets.map { offset -> UnsafePointer<CChar>? in
      guard let offset else { return nil }
      return unsafe bytes.baseAddress?.advanced(by: offset)
    }
    return unsafe (pointers + [nil]).withUnsafeBufferPointer { unsafe body($0.baseAddress) }
  }
}
