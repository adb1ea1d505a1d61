public import PGWire

extension ReplicationError {
  /// What can be done about it.
  ///
  /// A slot that is missing or invalidated is fatal, since data may be lost: it must not be made
  /// anew without a word. A cancellation counts as fatal too.
  public var category: ErrorCategory {
    switch self {
    case .connection(let error): error.category
    case .cannotResume(let proof, _): proof.isTransient ? .transient : .fatal
    case .control(let error): error.category
    case .stalled, .slotActive, .takeOverRefused(_, .stillHeld), .serverShutdown, .interrupted:
      .transient
    case .publicationsMissing, .publicationMismatch, .publicationAfterSlot, .takeOverRefused,
      .spill, .checkpointStore, .snapshotRefused:
      .needsOperator
    case .invalidParameter, .decoding, .slotMissing, .slotMismatch, .requiresServer,
      .concurrentReceive, .closed, .notAtEnd, .transactionPassed, .stagedNotDiscarded,
      .cancelled:
      .fatal
    }
  }

  /// Whether it may go away by itself.
  public var isTransient: Bool { category == .transient }
}

extension ControlError {
  /// What can be done about it.
  public var category: ErrorCategory {
    switch self {
    case .server(let error): error.category
    case .transport(.cancelled): .fatal
    case .transport, .unreachable, .lost, .wrongSession: .transient
    case .authentication, .cannotConnect: .needsOperator
    case .noHost(let failures): .leastGrave(failures.map(\.error.category))
    case .unexpectedResult, .keywordTooNew: .fatal
    }
  }
}
