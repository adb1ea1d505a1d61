import Testing

@testable import ChangeFormats

/// What Debezium's own engine has made of a history, and what we make of it.
@Suite struct DebeziumRecordingTests {
  @Test func `a recorded stream gives the records of Debezium's engine`() throws {
    let recording = try DebeziumRecording()
    let records = try recording.records()
    for (index, (ours, expected)) in zip(records, recording.expected).enumerated() {
      try #require(ours == expected, "record \(index + 1)")
    }
    // The recording has the end of the last transaction besides.
    #expect(records.count == recording.expected.count + 1)
  }

  @Test func `the history has every kind of record`() throws {
    let expected = try DebeziumRecording().expected
    var kinds = Set(expected.compactMap { $0.value?["op"]?.text ?? $0.value?["status"]?.text })
    if expected.contains(where: { $0.value == nil && $0.key != nil }) { kinds.insert("tombstone") }
    #expect(kinds == ["c", "u", "d", "t", "m", "BEGIN", "END", "tombstone"])
    #expect(expected.count > 150)
  }
}
