/// Records: events with topics and keys.
extension OutputBuffer {
  /// Whether events are records, and not lines.
  public var keepsRecords: Bool { records != nil }

  /// How many records there are; tombstones count.
  public var recordCount: Int { records?.count ?? 0 }

  /// The topics that were met so far, by their numbers.
  public var topics: [RecordTopic] { records?.topics ?? [] }

  /// Passes all records to `body`, in order.
  public func forEachRecord<Failure: Error>(
    _ body: (_ topic: RecordTopic, _ record: ChangeRecord) throws(Failure) -> Void
  ) throws(Failure) {
    for index in 0..<recordCount { try withRecord(at: index, body) }
  }

  /// Passes one record to `body`.
  ///
  /// - Parameter index: From 0 to ``recordCount``, which is not included.
  public func withRecord<R: ~Copyable, Failure: Error>(
    at index: Int, _ body: (_ topic: RecordTopic, _ record: ChangeRecord) throws(Failure) -> R
  ) throws(Failure) -> R {
    guard let records else { preconditionFailure("the buffer keeps no records") }
    let mark = records[index]
    let topic = records.topics[mark.topic]
    return try withBytes { bytes throws(Failure) in
      if mark.isTombstone {
        return try body(topic, .tombstone(key: bytes.extracting(mark.start..<mark.split)))
      }
      let value = bytes.extracting(mark.split..<mark.end)
      guard mark.hasKey else { return try body(topic, .event(key: nil, value: value)) }
      return try body(
        topic, .event(key: bytes.extracting(mark.start..<mark.split), value: value))
    }
  }
}

/// What formats do around an event.
extension OutputBuffer {
  /// Begins a record, if events are records.
  @inline(__always) mutating func beginRecord(_ topic: String) {
    let offset = count
    records?.begin(topic, at: offset)
  }

  /// Ends the key of the record that was begun.
  mutating func endKey() {
    let offset = count
    records?.endKey(at: offset)
  }

  /// Ends a record that has a key and no value.
  mutating func endTombstone() {
    let offset = count
    records?.endTombstone(at: offset)
  }

  /// Adds a tombstone with the key of the last record, if that has one.
  mutating func repeatKeyAsTombstone() { records?.repeatKeyAsTombstone() }

  /// Ends an event: the record that was begun, or else a line.
  @inline(__always) mutating func endEvent() {
    guard keepsRecords else { return append(UInt8(ascii: "\n")) }
    endRecord()
  }

  private mutating func endRecord() {
    let offset = count
    records?.end(at: offset)
  }
}
