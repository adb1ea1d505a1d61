import PGOutput
import PGWire
import Testing

@testable import ReplicationCore

@Suite struct IncrementalProgressTests {
  private func progress() throws -> IncrementalProgress {
    let shape = KeyShape([
      KeyColumn(name: "a b\n", type: KeyType(.builtin(.text), comparesBytes: true)),
      KeyColumn(
        name: "mood", type: KeyType(.named(schema: "public", name: "mood"), comparesBytes: false),
        collation: CollationName(schema: "pg_catalog", name: "de-x-icu")),
    ])
    func key(_ first: String, _ second: String) -> Key {
      Key([.bytes(Array(first.utf8)), .opaque(Array(second.utf8))])
    }
    var progress = IncrementalProgress()
    progress.anchor = FullTransactionID(rawValue: 1 << 40)
    progress.greatestBegun = FullTransactionID(rawValue: 1 << 40 + 7)
    for id in [5, 6, 7, 9] as [UInt64] { progress.dropped.insert(FullTransactionID(rawValue: id)) }
    progress.apply(.tableAdded(9, shape, startsAt: FullTransactionID(rawValue: 44)))
    let point = ReadPoint(
      snapshot: try TransactionSnapshot("10:20:12,15"), horizon: LSN(rawValue: 900))
    let first = KeyBound(.before, key("", "sad, 100%"))
    let second = KeyBound(.after, key("-", "ok"))
    progress.apply(.rangeDone(9, KeyRange(start: first, end: second), anchor: nil, point))
    progress.whole[4] = LSN(rawValue: 70)
    progress.apply(.tablePublished(4, by: [16_401, 16_402]))
    return progress
  }

  @Test func `text and back`() throws {
    let progress = try progress()
    let read = try IncrementalProgress(text: progress.text)
    #expect(read.text == progress.text)
    #expect(read.tables[9]?.shape == progress.tables[9]?.shape)
    #expect(
      read.tables[9]?.ranges.pieces.map(\.state) == progress.tables[9]?.ranges.pieces.map(\.state))
    #expect(
      read.tables[9]?.ranges.pieces.map(\.start) == progress.tables[9]?.ranges.pieces.map(\.start))
    #expect(read.dropped == progress.dropped && read.anchor == progress.anchor)
    #expect(read.published == [4: [16_401, 16_402]])
    #expect(read.whole == progress.whole && read.greatestBegun == progress.greatestBegun)
  }

  @Test func `every cut and every altered byte is refused or is another progress`() throws {
    let text = try progress().text
    for length in 0..<text.utf8.count {
      let cut = String(decoding: Array(text.utf8)[..<length], as: UTF8.self)
      if let read = try? IncrementalProgress(text: cut) {
        #expect(cut.hasSuffix("\n") && read.text == cut)
      }
      var bytes = Array(text.utf8)
      bytes[length] ^= 1
      _ = try? IncrementalProgress(text: String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test(arguments: [
    "", "incremental 2\n", "incremental 1", "incremental 1\nrange - open\n",
    "incremental 1\ntable 1 3 0/0\n", "incremental 1\ntable 1 3 0/0\nrange <1 open\n",
    "incremental 1\ncolumn a pg_catalog int4 known - -\n",
    "incremental 1\ntable 1 3 0/0\ncolumn a pg_catalog int4 known - -\nrange - open\nrange <5 open\nrange <5 open\n",
    "incremental 1\ntable 1 3 0/0\ncolumn a pg_catalog int4 known - -\nrange - open\nrange <5x open\n",
    "incremental 1\ntable 1 3 0/0\ncolumn a pg_catalog int4 known - -\nrange - open\nrange <5,6 open\n",
    "incremental 1\ntable 1 3 0/0\ncolumn a pg_catalog int4 known - -\nrange - done 0/0\n",
    "incremental 1\nanchor -1\n", "incremental 1\nwhole 1 0/0\nwhole 1 0/0\n", "incremental 1\n\n",
    "incremental 1\npublished 1 2,\n", "incremental 1\npublished 1 \n",
    "incremental 1\npublished 1 2\npublished 1 2\n",
  ])
  func `what makes no sense is refused`(text: String) {
    #expect(throws: IncrementalProgress.Fault.self) { try IncrementalProgress(text: text) }
  }

  @Test func `done ranges join when the position has passed them`() throws {
    let shape = ModelWorld.shape
    var progress = IncrementalProgress()
    progress.apply(.tableAdded(7, shape, startsAt: FullTransactionID(rawValue: 3)))
    let bounds = (1...50).map { KeyBound(.before, Key($0)) }
    var start: KeyBound?
    for (index, end) in bounds.enumerated() {
      let point = ReadPoint(
        snapshot: try TransactionSnapshot("10:10:"), horizon: LSN(rawValue: UInt64(index)))
      progress.apply(.rangeDone(7, KeyRange(start: start, end: end), anchor: start, point))
      start = end
    }
    #expect(progress.tables[7]?.ranges.pieces.count == 51)
    progress.advance(to: LSN(rawValue: 39))
    #expect(progress.tables[7]?.ranges.pieces.count == 12)
    progress.advance(to: LSN(rawValue: 100))
    #expect(progress.tables[7]?.ranges.pieces.count == 2)
    let last = ReadPoint(snapshot: try TransactionSnapshot("10:10:"), horizon: LSN(rawValue: 120))
    progress.apply(.rangeDone(7, KeyRange(start: start, end: nil), anchor: start, last))
    progress.advance(to: LSN(rawValue: 119))
    #expect(progress.whole[7] == nil)
    progress.advance(to: LSN(rawValue: 120))
    #expect(progress.whole[7] == LSN(rawValue: 120))
    #expect(progress.tables.isEmpty)
  }
}
