internal import PGWire

/// A slot of a ``TestDatabase``.
struct SlotRecord: Sendable {
  let plugin: String
  let isTemporary: Bool
  let isTwoPhase: Bool
  let isFailover: Bool
  /// Everything below was acknowledged.
  private(set) var confirmedFlush: LSN
  /// The process that streams from it.
  var activePID: Int32?

  init(
    plugin: String = "pgoutput", isTemporary: Bool = false, isTwoPhase: Bool = false,
    isFailover: Bool = false, at position: LSN
  ) {
    self.plugin = plugin
    self.isTemporary = isTemporary
    self.isTwoPhase = isTwoPhase
    self.isFailover = isFailover
    confirmedFlush = position
  }

  /// A client has everything up to a position.
  mutating func confirm(_ position: LSN) {
    confirmedFlush = max(confirmedFlush, position)
  }
}
