/// The words of a command: what a walsender's commands and a COPY consist of.
///
///     START_REPLICATION SLOT "s" LOGICAL 0/1000038 ("proto_version" '4')
struct CommandWords: Sendable {
  enum Word: Hashable, Sendable {
    /// Letters, digits and what belongs to them, as they are.
    case word(String)
    /// A name in double quotes.
    case name(String)
    /// A value in single quotes.
    case text(String)
    /// Anything else.
    case sign(UInt8)
  }

  private(set) var words: [Word] = []

  init(_ command: String) {
    var rest = Array(command.utf8)[...]
    while let byte = rest.first {
      switch byte {
      case UInt8(ascii: "\""): words.append(.name(Self.quoted(&rest)))
      case UInt8(ascii: "'"): words.append(.text(Self.quoted(&rest)))
      case _ where Self.isPartOfWord(byte):
        let word = rest.prefix { Self.isPartOfWord($0) }
        words.append(.word(String(decoding: word, as: UTF8.self)))
        rest = rest.dropFirst(word.count)
      case _ where byte <= UInt8(ascii: " "): rest = rest.dropFirst()
      default:
        words.append(.sign(byte))
        rest = rest.dropFirst()
      }
    }
  }

  /// The first word, in upper case.
  var command: String {
    if case .word(let word)? = words.first { word.uppercased() } else { "" }
  }

  /// Whether a word is there.
  func has(_ word: String) -> Bool { words.contains(.word(word)) }

  /// All names, in their order.
  var names: [String] { Self.names(in: words[...]) }

  static func names(in words: ArraySlice<Word>) -> [String] {
    words.compactMap { if case .name(let name) = $0 { name } else { nil } }
  }

  /// What follows a word.
  func after(_ word: String) -> ArraySlice<Word> {
    guard let index = words.firstIndex(of: .word(word)) else { return [] }
    return words[(index + 1)...]
  }

  /// The value of an option, which follows its name; anything else may have the same name.
  func option(_ name: String) -> String? {
    for (word, next) in zip(words, words.dropFirst()) where word == .name(name) {
      if case .text(let text) = next { return text }
    }
    return nil
  }

  private static func isPartOfWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "/"):
      true
    default: false
    }
  }

  /// Takes a quoted text, in which the quote is doubled.
  private static func quoted(_ rest: inout ArraySlice<UInt8>) -> String {
    let quote = rest.removeFirst()
    var text: [UInt8] = []
    while let byte = rest.popFirst() {
      if byte == quote {
        guard rest.first == quote else { break }
        rest = rest.dropFirst()
      }
      text.append(byte)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
