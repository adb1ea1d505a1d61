public import ChangeFormats
internal import PGWire

/// The events of a format, in order: records, each with its place in the stream, or lines.
///
///     batch.forEachRecord { position, topic, record in
///       switch record {
///       case .event(let key, let value): …
///       case .tombstone(let key): …
///       }
///     }
public final class EventBatch: SinkBatch {
  private struct Content: ~Copyable {
    var output: OutputBuffer
    /// Of records.
    var positions: [SinkPosition] = []
    /// How many records at the beginning the engine has already.
    var known = 0
    /// Where the last item ends; `nil` if none has.
    var end: Int?

    var count: Int { positions.count - known }
  }

  private let content: Lock<Content>

  /// The most places whose memory is kept.
  private static let keptPositions = 1 << 14

  /// An empty batch.
  ///
  /// - Parameter keepsRecords: Whether events are records, and not lines.
  public init(keepsRecords: Bool) {
    content = Lock(Content(output: OutputBuffer(capacity: 1 << 16, keepsRecords: keepsRecords)))
  }

  /// The bytes of all events, and of the records' places.
  public var byteCount: Int {
    content.withLock { content in
      content.output.count + content.positions.count * MemoryLayout<SinkPosition>.stride
    }
  }

  /// How many records there are to write; tombstones count.
  public var recordCount: Int { content.withLock { $0.count } }

  public var isEmpty: Bool {
    content.withLock { content in
      content.output.keepsRecords ? content.count == 0 : content.output.isEmpty
    }
  }

  /// The place of the last record; `nil` if there is none.
  public var lastPosition: SinkPosition? { content.withLock { $0.positions.last } }

  /// The bytes up to the end of the last transaction, range or table that has ended in the batch;
  /// `nil` if none has.
  ///
  /// The batch's checkpoint stands for these bytes, and not for those of a transaction that has
  /// begun behind them.
  public var completeByteCount: Int? { content.withLock { $0.end } }

  public func removeAll() {
    content.withLock { content in
      content.output.removeAll()
      content.end = nil
      content.positions.removeAll(
        keepingCapacity: content.positions.count <= Self.keptPositions)
      content.known = 0
    }
  }

  /// Passes all records to `body`, in order, without those that the engine has already.
  ///
  /// The bytes borrow the batch; copy what must outlive the call.
  public func forEachRecord<Failure: Error>(
    _ body: (SinkPosition, RecordTopic, ChangeRecord) throws(Failure) -> Void
  ) throws(Failure) {
    try content.withLock { (content) throws(Failure) in
      for index in content.known..<content.positions.count {
        let position = content.positions[index]
        try content.output.withRecord(at: index) { (topic, record) throws(Failure) in
          try body(position, topic, record)
        }
      }
    }
  }

  /// Passes all bytes to `body`: the lines, or keys and values without anything between them.
  public func withBytes<R, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> R
  ) throws(Failure) -> R {
    try content.withLock { (content) throws(Failure) in try content.output.withBytes(body) }
  }

  /// A transaction, range or table has ended.
  func endItem() {
    content.withLock { $0.end = $0.output.count }
  }

  /// Lets `body` append events, and gives records their places.
  func append<Failure: Error>(
    _ cursor: inout RecordCursor, _ body: (inout OutputBuffer) throws(Failure) -> Void
  ) throws(Failure) {
    try content.withLock { (content) throws(Failure) in
      try body(&content.output)
      while content.positions.count < content.output.recordCount {
        content.positions.append(cursor.takeNext())
        if cursor.isKnown { content.known = content.positions.count }
      }
    }
  }
}
