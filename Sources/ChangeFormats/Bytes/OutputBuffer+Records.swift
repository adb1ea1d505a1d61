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

  /// Passes all records to `body`, in order, with the headers that they have in Debezium.
  public func forEachRecord<Failure: Error>(
    _ body: (
      _ topic: RecordTopic, _ record: ChangeRecord, _ header: RecordHeader?
    ) throws(Failure) -> Void
  ) throws(Failure) {
    for index in 0..<recordCount { try withRecord(at: index, body) }
  }

  /// Passes one record to `body`.
  ///
  /// - Parameter index: From 0 to ``recordCount``, which is not included.
  public func withRecord<R: ~Copyable, Failure: Error>(
    at index: Int, _ body: (_ topic: RecordTopic, _ record: ChangeRecord) throws(Failure) -> R
  ) throws(Failure) -> R {
    try withRecord(at: index) { (topic, record, _) throws(Failure) -> R in
      try body(topic, record)
    }
  }

  /// Passes one record to `body`, with the header that it has in Debezium.
  ///
  /// Only the records of a change of a key have one: the deletion and its tombstone the new key,
  /// the insertion the old one. Nothing is copied: a header is the key of another record in the
  /// buffer.
  ///
  /// - Parameter index: From 0 to ``recordCount``, which is not included.
  public func withRecord<R: ~Copyable, Failure: Error>(
    at index: Int,
    _ body: (
      _ topic: RecordTopic, _ record: ChangeRecord, _ header: RecordHeader?
    ) throws(Failure) -> R
  ) throws(Failure) -> R {
    guard let records else { preconditionFailure("the buffer keeps no records") }
    let mark = records[index]
    let topic = records.topics[mark.topic]
    let otherKey = records.otherKey(of: index)
    return try withBytes { (bytes) throws(Failure) -> R in
      switch otherKey {
      case .new(let range)?:
        return try mark.pass(topic, in: bytes, .newKey(bytes.extracting(range)), to: body)
      case .old(let range)?:
        return try mark.pass(topic, in: bytes, .oldKey(bytes.extracting(range)), to: body)
      case nil:
        return try mark.pass(topic, in: bytes, nil, to: body)
      }
    }
  }
}

extension RecordMarks.Mark {
  /// Passes the record that lies there in the buffer's bytes.
  fileprivate func pass<R: ~Copyable, Failure: Error>(
    _ topic: RecordTopic, in bytes: Span<UInt8>, _ header: RecordHeader?,
    to body: (RecordTopic, ChangeRecord, RecordHeader?) throws(Failure) -> R
  ) throws(Failure) -> R {
    if isTombstone {
      return try body(topic, .tombstone(key: bytes.extracting(start..<split)), header)
    }
    let value = bytes.extracting(split..<end)
    guard hasKey else { return try body(topic, .event(key: nil, value: value), header) }
    return try body(topic, .event(key: bytes.extracting(start..<split), value: value), header)
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

  /// Notes that the last records are a change of a key: a deletion, its tombstone if there is one,
  /// and an insertion.
  mutating func noteKeyChange() { records?.noteKeyChange() }

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
