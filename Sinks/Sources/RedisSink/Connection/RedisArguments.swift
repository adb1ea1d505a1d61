internal import ChangeSinks
internal import PGWire

/// Arguments of a command as they are sent, without what counts them: bulk strings.
///
///     $4\r\nXADD\r\n$13\r\npublic.orders\r\n…
///
/// Redis: <https://redis.io/docs/latest/develop/reference/protocol-spec/>
struct RedisArguments: Hashable, Sendable {
  private(set) var count = 0
  private(set) var bytes: [UInt8] = []

  init(_ texts: String...) {
    for text in texts { append(text) }
  }

  mutating func append(_ text: String) {
    begin(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
    endLine()
  }

  mutating func append(_ value: [UInt8]) {
    append(value.span)
  }

  mutating func append(_ value: Span<UInt8>) {
    begin(value.count)
    unsafe value.withUnsafeBufferPointer { value in unsafe bytes.append(contentsOf: value) }
    endLine()
  }

  /// Appends a record's place as the id of an entry.
  mutating func append(_ position: SinkPosition) {
    let (lsn, index) = (position.lsn.rawValue, position.index)
    begin(Self.digits(of: lsn) + 1 + Self.digits(of: index))
    put(lsn)
    bytes.append(UInt8(ascii: "-"))
    put(index)
    endLine()
  }

  /// What is sent before the arguments.
  static func head(count: Int) -> [UInt8] { Array("*\(count)\r\n".utf8) }

  private mutating func begin(_ size: Int) {
    count += 1
    bytes.append(UInt8(ascii: "$"))
    put(UInt64(size))
    endLine()
  }

  private mutating func endLine() {
    bytes.append(UInt8(ascii: "\r"))
    bytes.append(UInt8(ascii: "\n"))
  }

  private mutating func put(_ number: UInt64) {
    let size = Self.digits(of: number)
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: size))
    var (place, rest) = (bytes.count, number)
    while rest > 0 {
      place -= 1
      bytes[place] += UInt8(rest % 10)
      rest /= 10
    }
  }

  private static func digits(of number: UInt64) -> Int {
    var (count, rest) = (1, number / 10)
    while rest > 0 {
      count += 1
      rest /= 10
    }
    return count
  }
}
