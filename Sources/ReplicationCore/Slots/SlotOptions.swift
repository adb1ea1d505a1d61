/// Options of a slot, in addition to its plugin.
public struct SlotOptions: Hashable, Sendable {
  /// Whether prepared transactions are decoded when they are prepared.
  ///
  /// Since server 15 with pgoutput, 14 with other plugins. With `nil`, an existing slot may be
  /// either, and a new slot has it off.
  public var isTwoPhase: Bool?
  /// Whether standbys keep a copy of the slot, and continue with it when they are promoted.
  ///
  /// Since server 17, and not for temporary slots. `nil` as for ``isTwoPhase``.
  public var isFailover: Bool?

  /// Options for a slot; an option that is left out does not matter.
  ///
  /// - Parameters:
  ///   - isTwoPhase: Whether transactions are decoded when they are prepared, since server 15.
  ///   - isFailover: Whether standbys keep a copy of the slot, since server 17.
  public init(isTwoPhase: Bool? = nil, isFailover: Bool? = nil) {
    self.isTwoPhase = isTwoPhase
    self.isFailover = isFailover
  }

  /// The options for a slot that is to be streamed from with these parameters.
  func completed(by params: ReplicationParams) -> SlotOptions {
    var options = self
    if options.isTwoPhase == nil, params.usesTwoPhase { options.isTwoPhase = true }
    return options
  }

  /// The same for an existing slot, which the start of the stream may be allowed to change.
  func demanded(by params: ReplicationParams) -> SlotOptions {
    params.convertsToTwoPhase ? self : completed(by: params)
  }

  /// Checks that the server can create such a slot.
  ///
  /// - Parameters:
  ///   - command: Whether it is created by CREATE_REPLICATION_SLOT, which has `TWO_PHASE` only
  ///     since 15, when pgoutput has it too; the function has it since 14.
  func check(
    server: Int, plugin: String, temporary: Bool, command: Bool
  ) throws(ReplicationError) {
    let twoPhaseSince = command || plugin == "pgoutput" ? 15 : 14
    if isTwoPhase == true, server < twoPhaseSince {
      throw .requiresServer(
        feature: "the option two_phase", since: twoPhaseSince, found: server)
    }
    if isFailover == true {
      if server < 17 {
        throw .requiresServer(feature: "a slot with failover", since: 17, found: server)
      }
      if temporary {
        throw .invalidParameter("a temporary slot can't have failover: it ends with its session")
      }
    }
  }
}
