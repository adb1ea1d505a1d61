internal import PGOutput

/// The condition that a row lies in a range of keys, in the two forms that the library writes.
///
///     "id" OPERATOR(pg_catalog.>=) '5'::"pg_catalog"."int8"
///     ROW("a", "b") OPERATOR(pg_catalog.<) ROW('5'::"pg_catalog"."int8", 'x'::…)
///
/// At most two of them follow one another, with AND in between.
struct RangeCondition: Sendable {
  private struct Comparison: Sendable {
    var columns: [String] = []
    var signs: [UInt8] = []
    var values: [String] = []
  }

  private var comparisons: [Comparison] = []

  /// - Parameter words: What follows WHERE.
  init(_ words: ArraySlice<CommandWords.Word>) {
    var current = Comparison()
    var isOperator = false
    var isCast = false
    reading: for word in words {
      switch word {
      case .word("ORDER"), .word("TO"): break reading
      case .word("AND"):
        finish(current)
        current = Comparison()
        isCast = false
      case .word("OPERATOR"): isOperator = true
      case .sign(UInt8(ascii: ")")): (isOperator, isCast) = (false, false)
      case .sign(UInt8(ascii: ",")): isCast = false
      case .sign(UInt8(ascii: ":")): isCast = true
      case .sign(let sign) where isOperator && "<>=".utf8.contains(sign):
        current.signs.append(sign)
      case .name(let name) where !isCast: current.columns.append(name)
      case .text(let text):
        isCast = false
        current.values.append(text)
      default: continue
      }
    }
    finish(current)
  }

  private mutating func finish(_ comparison: Comparison) {
    guard !comparison.signs.isEmpty else { return }
    comparisons.append(comparison)
  }

  /// Whether a row of a table fulfils it.
  func holds(for row: TestRow, of table: TestTable) -> Bool {
    comparisons.allSatisfy { comparison in
      let order = table.order(
        of: comparison.columns.map { row[$0] ?? .null }, and: comparison.values.map { .text($0) },
        by: comparison.columns)
      return switch String(decoding: comparison.signs, as: UTF8.self) {
      case "<": order < 0
      case "<=": order <= 0
      case ">": order > 0
      default: order >= 0
      }
    }
  }
}

// MARK: - The order of keys

extension TestTable {
  /// Whether ranges of its key can be read; otherwise it is read as a whole.
  var hasOrderedKey: Bool {
    let key = columns.filter(\.isKey)
    return !key.isEmpty && replicaIdentity != .nothing && key.allSatisfy { $0.order != nil }
  }

  /// How two keys stand to each other: negative, zero or positive.
  func order(of left: [TestValue], and right: [TestValue], by columns: [String]) -> Int {
    for (index, name) in columns.enumerated()
    where left.indices.contains(index) && right.indices.contains(index) {
      let column = self.columns.first { $0.name == name }
      let order = column?.order?.compare(left[index].text ?? "", right[index].text ?? "") ?? 0
      if order != 0 { return order }
    }
    return 0
  }
}

extension TestTable.Column {
  /// How values of a key are ordered.
  fileprivate enum Order {
    case integers
    /// By the bytes of their text.
    case bytes

    func compare(_ left: String, _ right: String) -> Int {
      switch self {
      case .integers:
        let (left, right) = (Int64(left) ?? 0, Int64(right) ?? 0)
        return left < right ? -1 : left > right ? 1 : 0
      case .bytes:
        let (left, right) = (Array(left.utf8), Array(right.utf8))
        return left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
      }
    }
  }

  /// `nil` for types whose order is not simulated.
  fileprivate var order: Order? {
    switch BuiltinType(oid: typeOID) {
    case .int2?, .int4?, .int8?, .oid?: .integers
    case .text?, .varchar?, .name?, .uuid?: .bytes
    default: nil
    }
  }
}
