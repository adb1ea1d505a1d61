internal import PGOutput
internal import PGWire

/// The progress as text, a line for each thing that there is.
///
///     incremental 1
///     anchor 4294968001                        the last xmin
///     begun 4294968040                         the greatest transaction so far
///     dropped 4294968020-4294968031,4294968040
///     whole 16390 0/1A2B3C8                    a table that is whole from there on
///     published 16390 16401,16402              the catalogue's rows by which it is published
///     table 16384 4294968050 0/1A2B3C8         one that is being read: after which transaction
///     column id pg_catalog int4 integer - -        its key: name, type, order, collation
///     range - passed                           from the first key
///     range <100 done 0/1A2B3C8 10:20:15       up to the next one's start, with its snapshot
///     range >200 open                          behind the key 200
///
/// Names and values have all bytes but letters, digits and `_.-` as `%` and two hexadecimal digits.
/// A checkpoint has its own checksum; here it is checked that what is read makes sense.
extension IncrementalProgress {
  /// Why a text is not a snapshot's progress.
  enum Fault: Error, Hashable, Sendable {
    /// It was written by a later version, or is something else.
    case version
    /// A line can't be read; its number, from 1 on.
    case line(Int)
    /// The ranges of a table are not all its keys in order.
    case ranges(table: UInt32)
    /// It is longer than ``maxBytes``.
    case tooLong
  }

  /// The greatest length that is read: more than the limits of a machine can add up to.
  static let maxBytes = 64 << 20

  private static let title = "incremental 1"

  var text: String {
    var lines = [Self.title]
    if let anchor { lines.append("anchor \(anchor.rawValue)") }
    if let greatestBegun { lines.append("begun \(greatestBegun.rawValue)") }
    if !dropped.isEmpty { lines.append("dropped \(dropped.text)") }
    for (oid, position) in whole.sorted(by: { $0.key < $1.key }) {
      lines.append("whole \(oid) \(position)")
    }
    for (oid, memberships) in published.sorted(by: { $0.key < $1.key }) {
      lines.append("published \(oid) \(memberships.map { String($0) }.joined(separator: ","))")
    }
    for (oid, table) in tables.sorted(by: { $0.key < $1.key }) {
      lines.append("table \(oid) \(table.startsAt.rawValue) \(table.horizon)")
      for column in table.shape.columns { lines.append("column \(column.text)") }
      for piece in table.ranges.pieces {
        let start = piece.start?.text(table.shape) ?? "-"
        lines.append("range \(start) \(piece.state.text(isSingleKey: piece.isSingleKey))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  init(text: String) throws(Fault) {
    guard text.utf8.count <= Self.maxBytes else { throw .tooLong }
    self.init()
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first.map(String.init) == Self.title, lines.last == "" else { throw .version }
    lines.removeLast()
    var reader = ProgressReader()
    for (index, line) in lines.enumerated().dropFirst() {
      let words = line.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
      guard reader.take(words, into: &self) else { throw .line(index + 1) }
    }
    if let table = reader.finishTable(&self) { throw .ranges(table: table) }
  }
}

/// Reads the lines of a progress one after the other.
private struct ProgressReader {
  private var oid: UInt32?
  private var startsAt = FullTransactionID(rawValue: 0)
  private var horizon = LSN.zero
  private var columns: [KeyColumn] = []
  private var pieces: [TableRanges.Piece] = []

  /// - Returns: Whether the line makes sense where it stands.
  mutating func take(_ words: [String], into progress: inout IncrementalProgress) -> Bool {
    switch (words[0], words.count) {
    case ("anchor", 2):
      progress.anchor = FullTransactionID(text: words[1])
      return progress.anchor != nil
    case ("begun", 2):
      progress.greatestBegun = FullTransactionID(text: words[1])
      return progress.greatestBegun != nil
    case ("dropped", 2):
      guard let dropped = DroppedTransactions(text: words[1]) else { return false }
      progress.dropped = dropped
      return true
    case ("whole", 3):
      guard let oid = UInt32(digits: words[1]), let position = LSN(words[2]) else { return false }
      return progress.whole.updateValue(position, forKey: oid) == nil
    case ("published", 3):
      let texts = words[2].split(separator: ",", omittingEmptySubsequences: false)
      let memberships = texts.compactMap { UInt32(digits: String($0)) }
      guard let oid = UInt32(digits: words[1]), memberships.count == texts.count else {
        return false
      }
      return progress.published.updateValue(memberships, forKey: oid) == nil
    case ("table", 4):
      guard finishTable(&progress) == nil, let oid = UInt32(digits: words[1]),
        progress.tables[oid] == nil, let startsAt = FullTransactionID(text: words[2]),
        let horizon = LSN(words[3])
      else { return false }
      (self.oid, self.startsAt, self.horizon) = (oid, startsAt, horizon)
      return true
    case ("column", 7):
      guard oid != nil, pieces.isEmpty, columns.count < KeyShape.maxColumns,
        let column = KeyColumn(words[1...])
      else { return false }
      columns.append(column)
      return true
    case ("range", 3...5):
      return takeRange(words, into: &progress)
    default: return false
    }
  }

  private mutating func takeRange(
    _ words: [String], into progress: inout IncrementalProgress
  ) -> Bool {
    guard let oid, let state = RangeState(words[2...]) else { return false }
    var start: KeyBound?
    if words[1] != "-" {
      start = KeyBound(words[1], KeyShape(columns))
      if start == nil { return false }
    }
    let id = RangeID(table: oid, number: progress.nextNumber)
    progress.nextNumber &+= 1
    pieces.append(.init(id: id, start: start, state: state, isSingleKey: words[2] == "row"))
    return true
  }

  /// - Returns: The table whose ranges make no sense.
  mutating func finishTable(_ progress: inout IncrementalProgress) -> UInt32? {
    guard let oid else { return nil }
    guard let ranges = TableRanges(pieces) else { return oid }
    progress.tables[oid] = .init(
      shape: KeyShape(columns), ranges: ranges, startsAt: startsAt, horizon: horizon)
    (self.oid, columns, pieces) = (nil, [], [])
    return nil
  }
}
