public import PGWire

extension ReplicationError {
  /// What can be done about it.
  ///
  /// A slot that is missing or invalidated is fatal, since data may be lost: it must not be
  /// recreated silently. A cancellation counts as fatal too.
  public var category: ErrorCategory {
    switch self {
    case .connection(let error): error.category
    case .cannotResume(let proof, _): proof.isTransient ? .transient : .fatal
    case .control(let error): error.category
    case .startBeyondLog(let start): start.isStandby ? .transient : .fatal
    case .stalled, .slotActive, .takeOverRefused(_, .stillHeld), .serverShutdown, .interrupted,
      .endedByServer, .droppedForShutdown, .typeNotVisible, .chunkInterrupted,
      .snapshotRefused(.alteredWhileRead), .snapshotRefused(.notTaken):
      .transient
    case .publicationsMissing, .publicationMismatch, .publicationAfterSlot, .publicationSkipped,
      .takeOverRefused, .spill, .checkpointStore, .snapshotRefused:
      .needsOperator
    case .invalidParameter, .decoding, .slotMissing, .slotInvalidated, .slotMismatch,
      .requiresServer,
      .impossiblePosition, .concurrentReceive, .closed, .notAtEnd, .transactionPassed,
      .chunkPassed,
      .stagedNotDiscarded,
      .cancelled:
      .fatal
    }
  }

  /// Whether another stream may succeed: servers have race conditions, which they report as
  /// internal errors.
  var deservesAnotherStream: Bool { category == .transient || sqlState == .internalError }
}

extension ControlError {
  /// What can be done about it.
  public var category: ErrorCategory {
    switch self {
    case .server(let error): error.category
    case .transport(.cancelled): .fatal
    case .transport, .unreachable, .lost, .noAnswer, .wrongSession: .transient
    case .authentication, .cannotConnect, .settingIgnored, .environment: .needsOperator
    case .noHost(let failures): .leastGrave(failures.map(\.error.category))
    case .unexpectedResult, .keywordTooNew: .fatal
    }
  }
}
