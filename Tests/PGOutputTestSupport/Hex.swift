/// The bytes that a text of hexadecimal digits stands for; anything else in it is skipped.
package func bytes(hex text: String) -> [UInt8] {
  let digits = text.compactMap { $0.hexDigitValue }
  return stride(from: 0, to: digits.count - 1, by: 2).map { index in
    UInt8(truncatingIfNeeded: digits[index] << 4 | digits[index + 1])
  }
}
