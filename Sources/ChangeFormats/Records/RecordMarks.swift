/// Where the records of a buffer lie in its bytes, and their topics.
///
///     key … value … | value … | key … value …        nothing is between them
struct RecordMarks: Sendable {
  /// One record.
  struct Mark {
    let topic: Int
    /// Where the key begins.
    let start: Int
    /// Where the key ends, and the value begins.
    let split: Int
    let end: Int
    let hasKey: Bool
    let isTombstone: Bool
    var change = KeyChange.unchanged
  }

  /// A record's part in a change of a key, which is a deletion, perhaps its tombstone, and an
  /// insertion.
  enum KeyChange {
    case unchanged
    /// The insertion with the new key comes next, behind the tombstone if there is one.
    case givesUpKey
    /// The record before has the old key.
    case takesKey
  }

  /// The other key of a change of a key.
  enum OtherKey {
    case new(Range<Int>)
    case old(Range<Int>)
  }

  /// The records, in order; those behind ``count`` are of earlier batches, and are used again.
  private var marks: [Mark] = []
  /// How many records there are.
  private(set) var count = 0
  /// By number; those that were met in this buffer.
  private(set) var topics: [RecordTopic] = []
  private var numbers: [String: Int] = [:]
  /// The topic of the latest record, which most often is the next one's as well.
  private var latest = 0
  private var start = 0
  private var split: Int?

  /// How many records are kept room for.
  private static let keptCount = 1 << 14

  /// A record begins at an offset.
  mutating func begin(_ topic: String, at offset: Int) {
    if latest >= topics.count || topics[latest].name != topic { latest = number(of: topic) }
    start = offset
    split = nil
  }

  /// What was appended since the record's beginning is its key.
  mutating func endKey(at offset: Int) {
    split = offset
  }

  /// What was appended since the key, or since the beginning, is the value.
  mutating func end(at offset: Int) {
    add(
      Mark(
        topic: latest, start: start, split: split ?? start, end: offset, hasKey: split != nil,
        isTombstone: false))
  }

  /// The record has a key and no value.
  mutating func endTombstone(at offset: Int) {
    add(
      Mark(
        topic: latest, start: start, split: offset, end: offset, hasKey: true, isTombstone: true))
  }

  /// Adds a tombstone with the key of the last record, if that has one.
  mutating func repeatKeyAsTombstone() {
    guard count > 0 else { return }
    let last = marks[count - 1]
    guard last.hasKey else { return }
    add(
      Mark(
        topic: last.topic, start: last.start, split: last.split, end: last.split, hasKey: true,
        isTombstone: true))
  }

  /// Notes that the last records are a change of a key: a deletion, its tombstone if there is one,
  /// and an insertion.
  mutating func noteKeyChange() {
    let insertion = count - 1
    guard insertion > 0, marks[insertion].hasKey else { return }
    let deletion = marks[insertion - 1].isTombstone ? insertion - 2 : insertion - 1
    guard deletion >= 0 else { return }
    for index in deletion..<insertion { marks[index].change = .givesUpKey }
    marks[insertion].change = .takesKey
  }

  /// Where the other key lies, if the record belongs to a change of a key; `nil` also for the rest
  /// of one that was truncated.
  func otherKey(of index: Int) -> OtherKey? {
    switch self[index].change {
    case .unchanged: return nil
    case .takesKey:
      let before = marks[index - 1]
      return .old(before.start..<before.split)
    case .givesUpKey:
      var next = index + 1
      if next < count, marks[next].isTombstone, marks[next].start == marks[index].start {
        next += 1
      }
      guard next < count, marks[next].change == .takesKey else { return nil }
      return .new(marks[next].start..<marks[next].split)
    }
  }

  /// One record.
  subscript(index: Int) -> Mark {
    precondition(index < count)
    return marks[index]
  }

  mutating func removeAll() {
    count = 0
    if marks.count > Self.keptCount { marks = [] }
  }

  /// Removes the records that end behind an offset, and tombstones with the key of one of these.
  mutating func removeAll(endingAfter offset: Int) {
    while count > 0 {
      let isRepeated =
        marks[count - 1].isTombstone && count > 1 && marks[count - 2].end > offset
      guard marks[count - 1].end > offset || isRepeated else { return }
      count -= 1
    }
  }

  private mutating func add(_ mark: Mark) {
    if count < marks.count { marks[count] = mark } else { marks.append(mark) }
    count += 1
  }

  private mutating func number(of topic: String) -> Int {
    if let number = numbers[topic] { return number }
    let number = topics.count
    topics.append(RecordTopic(number: number, name: topic))
    numbers[topic] = number
    return number
  }
}
