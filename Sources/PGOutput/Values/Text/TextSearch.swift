/// The binary forms of `tsvector` and `tsquery`, as text.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-textsearch.html>
extension Span<UInt8> {
  /// Appends `'a':1A,2 'b'` of: count 4, count × (lexeme …0, count 2, count × position 2).
  func appendTSVector(to output: inout [UInt8]) throws(PostgresValueError) {
    var rest = self
    guard let count = rest.takeInt32(), count >= 0 else { throw .malformed }
    for index in 0..<count {
      if index > 0 { output.append(UInt8(ascii: " ")) }
      try rest.appendLexeme(to: &output)
      guard rest.count >= 2 else { throw .malformed }
      let positions = Int(rest.uint16(at: 0))
      guard rest.count >= 2 + 2 * positions else { throw .malformed }
      for position in 0..<positions {
        output.append(position == 0 ? UInt8(ascii: ":") : UInt8(ascii: ","))
        let word = rest.uint16(at: 2 + 2 * position)
        output.append(decimal: word & 0x3FFF)
        // D is 0, and isn't printed.
        if word >> 14 > 0 { output.append(UInt8(ascii: "D") - UInt8(word >> 14)) }
      }
      rest = rest.extracting(droppingFirst: 2 + 2 * positions)
    }
    guard rest.isEmpty else { throw .malformed }
  }

  /// Appends `'a' & !( 'b' | 'c':*A )` of: count 4, items, an operator before its operands.
  ///
  ///     operand    1 | weights 1 | prefix 1 | text …0
  ///     operator   2 | 1 not, 2 and, 3 or, 4 followed by: distance 2
  func appendTSQuery(to output: inout [UInt8]) throws(PostgresValueError) {
    var rest = self
    guard var items = rest.takeInt32(), items >= 0 else { throw .malformed }
    if items > 0 {
      output += try rest.takeTSQueryItem(
        &items, depth: 0, parentPriority: 0, isRightOfPhrase: false)
    }
    guard rest.isEmpty, items == 0 else { throw .malformed }
  }

  private mutating func takeTSQueryItem(
    _ items: inout Int32, depth: Int, parentPriority: Int, isRightOfPhrase: Bool
  ) throws(PostgresValueError) -> [UInt8] {
    // The server nests as deep as its stack allows; here the form is left alone from some depth on.
    guard depth < 500 else { throw .unknownBinary }
    items -= 1
    guard items >= 0, let kind = takeByte() else { throw .malformed }
    var text: [UInt8] = []
    if kind == 1 {
      try appendTSQueryOperand(to: &text)
      return text
    }
    guard kind == 2, let code = takeByte(), let operation = TSQueryOperator(rawValue: code) else {
      throw .malformed
    }
    var distance: UInt16 = 0
    if operation == .phrase {
      guard count >= 2 else { throw .malformed }
      distance = uint16(at: 0)
      self = extracting(droppingFirst: 2)
    }
    let priority = operation.priority
    let hasParentheses = priority < parentPriority || operation == .phrase && isRightOfPhrase
    if hasParentheses { text.append(ascii: "( ") }
    if operation == .not {
      text.append(UInt8(ascii: "!"))
      text += try takeTSQueryItem(
        &items, depth: depth + 1, parentPriority: priority, isRightOfPhrase: false)
    } else {
      let right = try takeTSQueryItem(
        &items, depth: depth + 1, parentPriority: priority, isRightOfPhrase: operation == .phrase)
      text += try takeTSQueryItem(
        &items, depth: depth + 1, parentPriority: priority, isRightOfPhrase: false)
      switch operation {
      case .and: text.append(ascii: " & ")
      case .or: text.append(ascii: " | ")
      default: text.append(ascii: distance == 1 ? " <-> " : " <\(distance)> ")
      }
      text += right
    }
    if hasParentheses { text.append(ascii: " )") }
    return text
  }

  private mutating func appendTSQueryOperand(
    to output: inout [UInt8]
  ) throws(PostgresValueError) {
    guard let weights = takeByte(), let prefix = takeByte(), weights < 16, prefix < 2 else {
      throw .malformed
    }
    try appendLexeme(to: &output)
    guard weights > 0 || prefix > 0 else { return }
    output.append(UInt8(ascii: ":"))
    if prefix > 0 { output.append(UInt8(ascii: "*")) }
    for (bit, letter) in [(8, "A"), (4, "B"), (2, "C"), (1, "D")] as [(UInt8, String)]
    where weights & bit > 0 {
      output.append(ascii: letter)
    }
  }

  /// Takes a text and the zero behind it, and appends it in single quotes.
  private mutating func appendLexeme(to output: inout [UInt8]) throws(PostgresValueError) {
    var length = 0
    output.append(UInt8(ascii: "'"))
    while true {
      guard length < count else { throw .malformed }
      let byte = self[length]
      length += 1
      if byte == 0 { break }
      if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") { output.append(byte) }
      output.append(byte)
    }
    output.append(UInt8(ascii: "'"))
    self = extracting(droppingFirst: length)
  }
}

/// How the operators of a `tsquery` are numbered, and how tightly they bind.
private enum TSQueryOperator: UInt8 {
  case not = 1
  case and = 2
  case or = 3
  case phrase = 4

  var priority: Int {
    switch self {
    case .or: 1
    case .and: 2
    case .phrase: 3
    case .not: 4
    }
  }
}
