/// Texts as libpq takes them: their bytes, each with a zero byte behind it, and where each begins.
struct TextList {
  private(set) var bytes: [UInt8] = []
  /// Below zero for NULL.
  private(set) var places: [Int] = []

  init(_ texts: [String?]) {
    for text in texts {
      guard let text else {
        places.append(-1)
        continue
      }
      places.append(bytes.count)
      bytes += text.utf8
      bytes.append(0)
    }
  }

  /// The number of texts.
  var count: Int32 { Int32(truncatingIfNeeded: places.count) }
}
