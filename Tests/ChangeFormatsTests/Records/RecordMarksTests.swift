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
}
