internal import PGWire
internal import ReplicationCore

/// How a stream is doing, as its status line says it.
struct StreamFigures {
  /// Messages that were taken, and bytes that were received; `nil` while no stream is open.
  var counts: (messages: Int, bytes: Int)?
  /// The consumer's position.
  var position: LSN?
  var lagBytes: UInt64 = 0
  var lagTime: Duration?
  var bottleneck: StreamLag.Stage?
  /// WAL that the server keeps for the slot; `nil` if the server has not said.
  var retainedBytes: UInt64?
  var isLost = false
  var expectedLoss: Duration?
  /// A snapshot that is read beside the stream.
  var snapshot: SnapshotFigures?
}

extension StreamFigures {
  /// - Parameters:
  ///   - stream: What the stream knows; `nil` while none is open.
  ///   - health: What the server said of the slot, if it has.
  init(_ stream: StreamStatistics?, _ lag: StreamLag, _ health: SlotHealth?) {
    self.init()
    counts = stream.map { ($0.eventsDelivered, $0.bytesReceived) }
    position = lag[.delivered]?.position
    lagBytes = lag.bytes
    lagTime = lag.time
    bottleneck = lag.bottleneck
    retainedBytes = health?.retainedBytes
    isLost = health?.slot.isLost ?? false
    expectedLoss = health?.expectedLoss?.after
  }

  /// The line, the most important first: a narrow terminal does not show the rest.
  ///
  /// - Parameter rates: Messages and bytes in a second, once they can be said.
  func line(_ rates: (messages: Double?, bytes: Double?)) -> ScreenText {
    var parts: [String] = []
    if counts == nil {
      parts.append("not connected")
    } else {
      if let messages = rates.messages {
        parts.append("\(Int64(messages.rounded()).grouped) messages/s")
      }
      if let bytes = rates.bytes { parts.append("\(Amounts.bytes(UInt64(bytes)))/s") }
    }
    parts.append("lag \(lag)")
    if let position, position > .zero { parts.append("at \(position)") }
    if let retainedBytes { parts.append("slot keeps \(Amounts.bytes(retainedBytes))") }
    if isLost {
      parts.append("the slot is lost")
    } else if let expectedLoss {
      parts.append(
        expectedLoss == .zero
          ? "lost at the next checkpoint" : "lost in \(Amounts.time(expectedLoss))")
    }
    if let snapshot {
      parts.append(
        "snapshot \(snapshot.tablesDone) of \(snapshot.tables) tables, "
          + "\(snapshot.rows.grouped) rows")
    }
    return "stream \(parts.joined(separator: "  "))"
  }

  private var lag: String {
    var words = Amounts.bytes(lagBytes)
    if let lagTime, lagBytes > 0 { words += ", \(Amounts.time(lagTime))" }
    if let bottleneck { words += " (\(bottleneck.rawValue))" }
    return words
  }
}
