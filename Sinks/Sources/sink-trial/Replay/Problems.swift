/// What is wrong, counted; the first are kept.
struct Problems {
  private(set) var count = 0
  private(set) var first: [String] = []

  private static let kept = 20

  mutating func note(_ what: @autoclosure () -> String) {
    count += 1
    if first.count < Self.kept { first.append(what()) }
  }

  static func += (left: inout Problems, right: Problems) {
    left.count += right.count
    left.first += right.first.prefix(kept - min(left.first.count, kept))
  }
}
