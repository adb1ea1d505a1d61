/// A text that a C function writes into memory of the caller's.
enum CText {
  /// The size of that memory; longer texts are cut off.
  static let size = 512

  /// Calls a function with the memory, and returns its result and the text.
  static func written<R>(
    by body: (UnsafeMutablePointer<CChar>?) -> R
  ) -> (result: R, text: String) {
    var bytes = [CChar](repeating: 0, count: size)
    let result = unsafe bytes.withUnsafeMutableBufferPointer { unsafe body($0.baseAddress) }
    let text = bytes.prefix { $0 != 0 }.map { UInt8(truncatingIfNeeded: $0) }
    return (result, String(decoding: text, as: UTF8.self))
  }
}
