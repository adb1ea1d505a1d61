/// The binary form of a `tsquery`, as text.
///
///     form       count 4 | items, an operator before its operands, the right one first
///     operand    1 | weights 1 | prefix 1 | text …0
///     operator   2 | 1 not, 2 and, 3 or, 4 followed by: distance 2
///
/// Nothing calls itself here, since `a & b & c & …` nests as deep as it has words.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/datatype-textsearch.html>
struct TSQuery {
  private var items: [Item] = []
  /// The texts of all operands, one behind the other.
  private var texts: [UInt8] = []

  private enum Item {
    case operand(Range<Int>)
    /// The operator, and where its left operand is; the right one is next to it.
    case operation(Operator, distance: UInt16, left: Int)
  }

  /// How the operators are numbered, and how tightly they bind.
  private enum Operator: UInt8 {
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

  init(binary bytes: Span<UInt8>) throws(PostgresValueError) {
    var rest = bytes
    guard let count = rest.takeInt32(), count >= 0, Int(count) <= rest.count else {
      throw .malformed
    }
    for _ in 0..<count { items.append(try takeItem(from: &rest)) }
    guard rest.isEmpty else { throw .malformed }
    try findOperands()
  }

  private mutating func takeItem(
    from rest: inout Span<UInt8>
  ) throws(PostgresValueError) -> Item {
    switch rest.takeByte() {
    case 1:
      let start = texts.count
      try rest.appendTSQueryOperand(to: &texts)
      return .operand(start..<texts.count)
    case 2:
      guard let code = rest.takeByte(), let kind = Operator(rawValue: code) else {
        throw .malformed
      }
      guard kind == .phrase else { return .operation(kind, distance: 0, left: 0) }
      guard let high = rest.takeByte(), let low = rest.takeByte() else { throw .malformed }
      return .operation(kind, distance: UInt16(high) << 8 | UInt16(low), left: 0)
    default: throw .malformed
    }
  }

  /// Finds the left operands, from the end on, where operands come before their operator.
  private mutating func findOperands() throws(PostgresValueError) {
    var operands: [Int] = []
    for index in items.indices.reversed() {
      if case .operation(let kind, let distance, _) = items[index] {
        guard operands.popLast() != nil else { throw .malformed }
        if kind != .not {
          guard let left = operands.popLast() else { throw .malformed }
          items[index] = .operation(kind, distance: distance, left: left)
        }
      }
      operands.append(index)
    }
    guard operands.count <= 1 else { throw .malformed }
  }
}

extension TSQuery {
  private enum Step {
    case item(Int, parentPriority: Int, isRightOfPhrase: Bool)
    case text(String)
  }

  /// Appends `'a' & !( 'b' | 'c':*A )`.
  func appendText(to output: inout [UInt8]) {
    guard !items.isEmpty else { return }
    // What is still to be written, the next step at the end.
    var steps: [Step] = [.item(0, parentPriority: 0, isRightOfPhrase: false)]
    while let step = steps.popLast() {
      switch step {
      case .text(let text): output.append(ascii: text)
      case .item(let index, let parentPriority, let isRightOfPhrase):
        switch items[index] {
        case .operand(let range): output += texts[range]
        case .operation(let kind, let distance, let left):
          let priority = kind.priority
          if priority < parentPriority || kind == .phrase && isRightOfPhrase {
            output.append(ascii: "( ")
            steps.append(.text(" )"))
          }
          steps.append(
            .item(index + 1, parentPriority: priority, isRightOfPhrase: kind == .phrase))
          if kind == .not {
            output.append(UInt8(ascii: "!"))
          } else {
            steps.append(.text(Self.text(of: kind, distance: distance)))
            steps.append(.item(left, parentPriority: priority, isRightOfPhrase: false))
          }
        }
      }
    }
  }

  private static func text(of kind: Operator, distance: UInt16) -> String {
    switch kind {
    case .and: " & "
    case .or: " | "
    case .phrase where distance == 1: " <-> "
    case .phrase: " <\(distance)> "
    case .not: "!"
    }
  }
}

extension Span<UInt8> {
  fileprivate mutating func appendTSQueryOperand(
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
}
