extension ConnectorGroup {
  /// What a member is doing.
  @nonexhaustive public enum Phase: Hashable, Sendable {
    /// The group has not begun it.
    case idle
    /// It runs.
    case running
    /// It has failed, and is begun again after a while.
    case pausing
    /// It has ended by itself, or because it was stopped.
    case ended
    /// It has failed for good, with ``MemberStatistics/lastFailure``.
    case failed
    /// It was cancelled: with the group, or because it had not ended in time.
    case cancelled
    /// It was cancelled and runs nevertheless; nobody waits for it any more.
    case abandoned

    /// Whether the group has nothing more to do with it.
    public var isOver: Bool {
      switch self {
      case .idle, .running, .pausing: false
      case .ended, .failed, .cancelled, .abandoned: true
      }
    }
  }

  /// How a member is doing.
  public struct MemberStatistics: Sendable {
    /// The member's name.
    public let name: String
    /// What it is doing.
    public internal(set) var phase = Phase.idle
    /// Since when it does that.
    public internal(set) var since = ContinuousClock.now
    /// How often the group has begun it again after an error.
    public internal(set) var restarts = 0
    /// Its last error; `nil` if it had none.
    public internal(set) var lastFailure: (any Error)?
    /// What a connector says of itself; `nil` for other members.
    public internal(set) var connector: ConnectorStatistics?

    init(_ name: String) {
      self.name = name
    }
  }
}
