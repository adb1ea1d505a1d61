/// Numbers as the generated tables hold them: digits of five bits, the lowest first, each one of
/// Base64's letters; all but a number's last digit have 32 added.
struct PackedNumbers: Sequence, IteratorProtocol {
  private var digits: [UInt8]
  private var position = 0

  init(_ text: StaticString) {
    digits = Array("\(text)".utf8)
  }

  /// The next number; `nil` at the end.
  mutating func next() -> UInt32? {
    var value: UInt32 = 0
    var shift: UInt32 = 0
    while position < digits.count {
      let digit = UInt32(Base64.value(of: digits[position]) ?? 63)
      position += 1
      value |= (digit & 31) << shift
      if digit < 32 { return value }
      shift += 5
    }
    return nil
  }

  /// The next number, whose lowest bit is its sign.
  mutating func nextSigned() -> Int32? {
    next().map { $0 & 1 == 0 ? Int32($0 >> 1) : -Int32($0 >> 1) }
  }
}
