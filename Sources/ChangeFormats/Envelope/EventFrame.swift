import CDCTime
import PGOutput
import PGWire

/// What is around the events of a stream: the transaction that they are of, an envelope if one is
/// wanted, and the end of a line or of a record.
struct EventFrame: Sendable {
  /// `nil` between transactions, and in streamed blocks.
  var transaction: OpenTransaction?
  private var envelope: EventEnvelope?
  private let namesTransaction: Bool

  /// - Parameters:
  ///   - names: What events say besides, where they have an envelope.
  ///   - namesTransaction: Whether changes say which transaction they are of.
  init(
    _ options: CloudEvents?, _ names: EventEnvelope.DebeziumNames? = nil,
    namesTransaction: Bool = false
  ) {
    envelope = options.map { EventEnvelope($0, names) }
    self.namesTransaction = namesTransaction
  }

  /// Counts a change.
  ///
  /// - Returns: What the change says of its transaction; `nil` for nothing.
  @inline(__always) mutating func nextChange() -> OpenTransaction? {
    guard namesTransaction, let transaction else { return nil }
    self.transaction?.changes += 1
    return transaction
  }

  /// What an event is about, in words that an envelope has.
  enum Subject {
    case nothing
    /// The last text is both names with a dot between.
    case table(schema: String, name: String, String)
    case message(prefix: String)
  }

  /// Begins the value of an event.
  ///
  /// - Parameters:
  ///   - type: The event's kind.
  ///   - operation: Debezium's letter for it.
  @inline(__always) mutating func open(
    _ type: StaticString, _ subject: @autoclosure () -> Subject = .nothing,
    operation: StaticString? = nil, at lsn: LSN, to output: inout OutputBuffer
  ) {
    guard envelope != nil else { return }
    envelope?.open(type, subject(), operation, at: lsn, &transaction, to: &output)
  }

  /// Ends the event.
  @inline(__always) func close(to output: inout OutputBuffer) {
    if envelope != nil { output.append(UInt8(ascii: "}")) }
    output.endEvent()
  }

  /// How many events and changes have come, to be set back if an event can't be written.
  typealias Mark = (changes: Int, events: Int, outside: Int)

  var mark: Mark {
    (transaction?.changes ?? 0, transaction?.events ?? 0, envelope?.outside ?? 0)
  }

  mutating func restore(_ mark: Mark) {
    transaction?.changes = mark.changes
    transaction?.events = mark.events
    envelope?.outside = mark.outside
  }
}
