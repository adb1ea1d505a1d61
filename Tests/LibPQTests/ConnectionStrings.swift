/// Connection strings made at random, the same ones in every run: right, nearly right, and wrong.
struct ConnectionStrings {
  private var state: UInt64
  private let keywords: [String]
  /// Whether a URI may hold spaces, which libpq reads differently since 18.
  private let spacesInURIs: Bool

  init(seed: UInt64, keywords: [String], spacesInURIs: Bool) {
    state = seed
    self.keywords = keywords
    self.spacesInURIs = spacesInURIs
  }

  /// The next one.
  mutating func next() -> String {
    var text =
      switch number(4) {
      case 0: pairs()
      case 1, 2: uri()
      default: soup()
      }
    // One change often makes the difference between right and wrong.
    if number(3) == 0 { change(&text) }
    return text
  }

  private mutating func pairs() -> String {
    var text = ""
    for _ in 0..<number(5) {
      text += keyword() + pick(["=", " = ", "=\t", "\n=", "="]) + quoted(word())
      text += pick([" ", "  ", "\n", "\t \r", "", " "])
    }
    return text
  }

  private mutating func quoted(_ word: String) -> String {
    switch number(3) {
    case 0: "'" + word.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
    case 1: word.replacing("\\", with: "\\\\").replacing(" ", with: "\\ ")
    default: word
    }
  }

  private mutating func uri() -> String {
    var text = pick(["postgresql://", "postgres://", "postgresql:///", "postgresql://"])
    if number(2) == 0 {
      text += part()
      if number(2) == 0 { text += ":" + part() }
      text += "@"
    }
    for index in 0..<1 + number(3) {
      if index > 0 { text += "," }
      text += number(4) == 0 ? "[" + pick(["::1", "fe80::1%25eth0", "", "a"]) + "]" : part()
      if number(2) == 0 { text += ":" + pick(["5432", "", "x", "1,2", "0"]) }
    }
    if number(2) == 0 { text += "/" + part() }
    for index in 0..<number(4) {
      text += (index == 0 ? "?" : "&") + keyword() + "=" + part()
    }
    return text
  }

  private mutating func soup() -> String {
    var text = number(2) == 0 ? "postgresql://" : ""
    for _ in 0..<number(14) {
      text += pick([
        ":", "@", "/", "?", "&", "=", ",", "[", "]", "%", "'", "\\", " ", "\n", "%41", "%2", "%zz",
        "%00", "%2F", "#", "+", keyword(), word(), "é", "\u{7F}", "\u{1}",
      ])
    }
    return text
  }

  private mutating func part() -> String {
    pick([word(), "", "a%20b", "%41", "x%", "%4", "%zz", "%00", "%2Ftmp", "a+b", "é", "%ff", "h"])
  }

  private mutating func word() -> String {
    pick([
      "h", "user", "pass word", "it's", "back\\slash", "", "5432", "/tmp", "::1", "a=b", "require",
      "é", "true", "1", "@", "disable", " lead", "trail ", "\"q\"", "db", "x,y",
    ])
  }

  private mutating func keyword() -> String {
    number(12) == 0
      ? pick(["", "bogus", "Host", "ssl", "requiressl", "host%6e", "us%65r", "é"])
      : keywords[number(keywords.count)]
  }

  private mutating func change(_ text: inout String) {
    var scalars = Array(text.unicodeScalars)
    guard !scalars.isEmpty else { return }
    let index = number(scalars.count)
    switch number(3) {
    case 0: scalars.remove(at: index)
    case 1: scalars.insert(scalars[number(scalars.count)], at: index)
    default: scalars.swapAt(index, number(scalars.count))
    }
    text = String(String.UnicodeScalarView(scalars))
  }

  /// It without what the linked libpq reads otherwise than libpq 18 does.
  mutating func comparable() -> String {
    while true {
      let text = next()
      let isURI = text.hasPrefix("postgresql://") || text.hasPrefix("postgres://")
      if spacesInURIs || !isURI || !text.contains(" ") { return text }
    }
  }

  private mutating func pick(_ choices: [String]) -> String { choices[number(choices.count)] }

  /// Below the limit; SplitMix64.
  private mutating func number(_ limit: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return Int((mixed ^ mixed >> 31) % UInt64(limit))
  }
}
