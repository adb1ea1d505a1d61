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
  }

  private(set) var marks: [Mark] = []
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
    marks.append(
      Mark(
        topic: latest, start: start, split: split ?? start, end: offset, hasKey: split != nil,
        isTombstone: false))
  }

  /// The record has a key and no value.
  mutating func endTombstone(at offset: Int) {
    marks.append(
      Mark(
        topic: latest, start: start, split: offset, end: offset, hasKey: true, isTombstone: true))
  }

  /// Adds a tombstone with the key of the last record, if that has one.
  mutating func repeatKeyAsTombstone() {
    guard let last = marks.last, last.hasKey else { return }
    marks.append(
      Mark(
        topic: last.topic, start: last.start, split: last.split, end: last.split, hasKey: true,
        isTombstone: true))
  }

  mutating func removeAll() {
    marks.removeAll(keepingCapacity: marks.count <= Self.keptCount)
  }

  /// Removes the records that end behind an offset.
  mutating func removeAll(endingAfter offset: Int) {
    while let last = marks.last, last.end > offset { marks.removeLast() }
  }

  private mutating func number(of topic: String) -> Int {
    if let number = numbers[topic] { return number }
    let number = topics.count
    topics.append(RecordTopic(number: number, name: topic))
    numbers[topic] = number
    return number
  }
}
