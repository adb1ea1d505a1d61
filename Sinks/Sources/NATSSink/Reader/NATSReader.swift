internal import ChangeSinks
internal import PGWire
public import ReplicationCore

/// Reads what a ``NATSEngine`` has written, for tests and tools.
///
///     let reader = try NATSReader(options, slot: "orders")
///     for record in try await reader.records() { … }
public actor NATSReader {
  private let options: NATSOptions
  private let names: StreamNames
  private let executor = ThreadExecutor()
  private var link: NATSLink?

  /// A reader that is not connected yet.
  ///
  /// - Parameters:
  ///   - options: Those of the engine.
  ///   - slot: The replication slot's name.
  /// - Throws: `SinkError` if the stream can't have the name.
  public init(_ options: NATSOptions, slot: String) throws {
    self.options = options
    names = try StreamNames(options, slot: slot)
  }

  public nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  /// The records that the stream has now, in order.
  ///
  /// - Parameters:
  ///   - sequence: The number of the message behind which they begin.
  ///   - limit: How many at most.
  /// - Throws: `SinkError`.
  public func records(after sequence: UInt64 = 0, limit: Int = .max) throws -> [NATSRecord] {
    let link = try connected()
    guard limit > 0, let end = try lastRecord(link), end > sequence else { return [] }
    var records: [NATSRecord] = []
    try link.read(names.records, of: names.stream, from: sequence + 1) {
      (message: borrowing NATSMessage) throws(SinkError) -> Bool in
      guard let number = message.deliveredSequence else {
        throw SinkError(engine: link.engine, .transient, "a message has no number")
      }
      records.append(NATSRecord(message, sequence: number))
      return number < end && records.count < limit
    }
    return records
  }

  /// The stored checkpoint; `nil` if there is none.
  ///
  /// - Throws: `SinkError`; `ReplicationError` for one that can't be read.
  public func checkpoint() throws -> Checkpoint? {
    let link = try connected()
    guard let message = try link.lastMessage(on: names.checkpoint, of: names.stream) else {
      return nil
    }
    let bytes = message.payload
    return bytes.isEmpty ? nil : try Checkpoint(encoded: bytes)
  }

  /// Closes the connection; the next call makes another.
  public func close() {
    link = nil
  }

  private func connected() throws(SinkError) -> NATSLink {
    if let link { return link }
    let link = try NATSLink.open(options)
    self.link = link
    return link
  }

  private func lastRecord(_ link: NATSLink) throws(SinkError) -> UInt64? {
    guard let message = try link.lastMessage(on: names.records, of: names.stream) else {
      return nil
    }
    return message.sequence
  }
}
