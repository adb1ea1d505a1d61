internal import PGOutput
internal import PGWire

// How the parts of a progress are written as words without spaces, and read again.

extension FullTransactionID {
  init?(text: some StringProtocol) {
    guard let value = UInt64(digits: text) else { return nil }
    self.init(rawValue: value)
  }
}

extension FixedWidthInteger {
  /// Reads digits and nothing else: no sign.
  init?(digits text: some StringProtocol) {
    guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    self.init(text)
  }
}

extension DroppedTransactions {
  /// Ids that follow each other as `first-last`.
  var text: String {
    var runs: [ClosedRange<UInt64>] = []
    for id in ids.map(\.rawValue) {
      if let last = runs.last, last.upperBound < .max, last.upperBound + 1 == id {
        runs[runs.count - 1] = last.lowerBound...id
      } else {
        runs.append(id...id)
      }
    }
    return runs.map { run in
      run.count == 1 ? "\(run.lowerBound)" : "\(run.lowerBound)-\(run.upperBound)"
    }.joined(separator: ",")
  }

  /// - Returns: `nil` for what is not such a list, or has more ids than are ever kept.
  init?(text: String) {
    self.init()
    for run in text.split(separator: ",", omittingEmptySubsequences: false) {
      let ends = run.split(separator: "-", omittingEmptySubsequences: false)
      guard (1...2).contains(ends.count), let first = UInt64(digits: ends[0]),
        let last = UInt64(digits: ends[ends.count - 1]), first <= last,
        last - first <= UInt64(2 * Self.full), ids.count <= 2 * Self.full
      else { return nil }
      for id in first...last { insert(FullTransactionID(rawValue: id)) }
    }
  }
}

extension KeyColumn {
  fileprivate static let noName = "-"

  var text: String {
    let typeName: (schema: String, name: String) =
      switch type.type {
      case .builtin(let type): ("pg_catalog", type.rawValue)
      case .named(let schema, let name): (schema, name)
      }
    let collation = collation.map { [$0.schema.escaped, $0.name.escaped] }
    let words = [
      name.escaped, typeName.schema.escaped, typeName.name.escaped,
      type.order == .server ? "server" : "known",
    ]
    return (words + (collation ?? [Self.noName, Self.noName])).joined(separator: " ")
  }

  init?(_ words: ArraySlice<String>) {
    let words = Array(words)
    let names = [0, 1, 2].compactMap { String(escaped: words[$0]) }
    guard words.count == 6, names.count == 3 else { return nil }
    let type: PostgresTypeName =
      if names[1] == "pg_catalog", let builtin = BuiltinType(rawValue: names[2]) {
        .builtin(builtin)
      } else {
        .named(schema: names[1], name: names[2])
      }
    let keyType = KeyType(type, comparesBytes: words[3] == "known")
    guard (keyType.order == .server) == (words[3] == "server"),
      ["known", "server"].contains(words[3])
    else { return nil }
    self.init(name: names[0], type: keyType)
    if words[4] != Self.noName {
      guard let schema = String(escaped: words[4]), let name = String(escaped: words[5]) else {
        return nil
      }
      collation = CollationName(schema: schema, name: name)
    }
  }
}

extension KeyBound {
  func text(_ shape: KeyShape) -> String {
    let values = zip(key.values, shape.columns).map { value, column in
      value.text(type: column.type).escaped
    }
    return (side == .before ? "<" : ">") + values.joined(separator: ",")
  }

  init?(_ text: String, _ shape: KeyShape) {
    guard let first = text.first, first == "<" || first == ">" else { return nil }
    let words = text.dropFirst().split(separator: ",", omittingEmptySubsequences: false)
    guard words.count <= shape.columns.count else { return nil }
    var values: [KeyValue] = []
    for (word, column) in zip(words, shape.columns) {
      guard let bytes = [UInt8](escaped: word),
        let value = KeyValue(text: bytes.span, type: column.type)
      else { return nil }
      values.append(value)
    }
    self.init(first == "<" ? .before : .after, Key(values))
  }
}

extension RangeState {
  /// What a checkpoint says of the range: unless it has been read to its end it is open.
  func text(isSingleKey: Bool) -> String {
    switch self {
    case .open, .claimed, .arming, .reading, .lost: isSingleKey ? "row" : "open"
    case .done(let point): "done \(point.horizon) \(point.snapshot.text)"
    case .passed: "passed"
    case .released: "released"
    }
  }

  init?(_ words: ArraySlice<String>) {
    let words = Array(words)
    switch (words[0], words.count) {
    case ("open", 1), ("row", 1): self = .open
    case ("passed", 1): self = .passed
    case ("released", 1): self = .released
    case ("done", 3):
      guard let horizon = LSN(words[1]), let snapshot = try? TransactionSnapshot(words[2]) else {
        return nil
      }
      self = .done(ReadPoint(snapshot: snapshot, horizon: horizon))
    default: return nil
    }
  }
}

extension String {
  fileprivate var escaped: String { Array(utf8).escaped }

  fileprivate init?(escaped text: String) {
    guard let bytes = [UInt8](escaped: text),
      let text = String(validating: bytes, as: UTF8.self)
    else { return nil }
    self = text
  }
}

extension [UInt8] {
  /// Letters, digits and `_.-` as they are, all else as `%` and two digits; `%` alone if empty.
  fileprivate var escaped: String {
    guard !isEmpty else { return "%" }
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in self {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x2E: text.append(byte)
      case 0x2D where self != [0x2D]: text.append(byte)
      default: text += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: text, as: UTF8.self)
  }

  fileprivate init?(escaped text: some StringProtocol) {
    self = []
    if text == "%" { return }
    guard !text.isEmpty else { return nil }
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == 0x25 else {
        append(byte)
        continue
      }
      guard let high = rest.popFirst()?.hexDigit, let low = rest.popFirst()?.hexDigit else {
        return nil
      }
      append(high << 4 | low)
    }
  }
}

extension UInt8 {
  fileprivate var hexDigit: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x61...0x66: self - 0x57
    default: nil
    }
  }
}
