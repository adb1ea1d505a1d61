import Testing

@testable import ChangeFormats

/// Where the records of a buffer lie.
@Suite struct RecordMarksTests {
  @Test(arguments: [0, 5, 10, 50, 99])
  func `a tombstone goes with the event that has its key`(offset: Int) {
    var marks = RecordMarks()
    marks.begin("t", at: 0)
    marks.endKey(at: 10)
    marks.end(at: 100)
    marks.repeatKeyAsTombstone()
    #expect(marks.count == 2)
    marks.removeAll(endingAfter: offset)
    #expect(marks.count == 0)
  }

  @Test func `what ends before an offset stays`() {
    var marks = RecordMarks()
    for start in [0, 100] {
      marks.begin("t", at: start)
      marks.endKey(at: start + 10)
      marks.end(at: start + 100)
      marks.repeatKeyAsTombstone()
    }
    marks.removeAll(endingAfter: 150)
    #expect(marks.count == 2 && marks[1].isTombstone && marks[1].end == 10)
  }

  /// A deletion, its tombstone if there is one, and an insertion: each a key of 10 bytes, and 100 in
  /// all.
  private func appendKeyChange(_ marks: inout RecordMarks, at start: Int, hasTombstone: Bool) {
    append(&marks, at: start)
    if hasTombstone { marks.repeatKeyAsTombstone() }
    append(&marks, at: start + 100)
    marks.noteKeyChange()
  }

  private func append(_ marks: inout RecordMarks, at start: Int) {
    marks.begin("t", at: start)
    marks.endKey(at: start + 10)
    marks.end(at: start + 100)
  }

  private func otherKeys(_ marks: RecordMarks) -> [Range<Int>?] {
    (0..<marks.count).map { index -> Range<Int>? in
      switch marks.otherKey(of: index) {
      case .new(let range)?: range
      case .old(let range)?: range
      case nil: nil
      }
    }
  }

  @Test func `the records of a change of a key know the other key`() {
    var marks = RecordMarks()
    appendKeyChange(&marks, at: 0, hasTombstone: true)
    appendKeyChange(&marks, at: 200, hasTombstone: false)
    #expect(otherKeys(marks) == [100..<110, 100..<110, 0..<10, 300..<310, 200..<210])
  }

  @Test(arguments: [true, false])
  func `a change of a key whose end was truncated has no other key`(hasTombstone: Bool) {
    var marks = RecordMarks()
    appendKeyChange(&marks, at: 0, hasTombstone: hasTombstone)
    marks.removeAll(endingAfter: 100)
    let left = marks.count
    #expect(left == (hasTombstone ? 2 : 1))
    #expect(otherKeys(marks) == Array(repeating: nil, count: left))
    // What comes next is not its end.
    appendKeyChange(&marks, at: 200, hasTombstone: hasTombstone)
    #expect(otherKeys(marks).prefix(left).allSatisfy { $0 == nil })
    #expect(otherKeys(marks).last == 200..<210)
    // The memory of former records is used again.
    marks.removeAll()
    append(&marks, at: 0)
    #expect(otherKeys(marks) == [nil])
  }
}
