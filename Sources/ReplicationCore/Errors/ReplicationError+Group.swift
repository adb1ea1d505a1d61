internal import PGWire

extension ReplicationError {
  /// The server's code, or else one of a few words: what errors are grouped by, in logs and traces.
  var group: String {
    if let state = sqlState?.rawValue, !state.isEmpty { return state }
    if isCancellation { return "cancelled" }
    return switch self {
    case .connection(let error): error.group
    case .control: "control"
    case .decoding: "decoding"
    case .invalidParameter: "invalidParameter"
    case .slotMissing: "slotMissing"
    case .slotInvalidated: "slotInvalidated"
    case .slotMismatch: "slotMismatch"
    case .slotActive: "slotActive"
    case .takeOverRefused: "takeOverRefused"
    case .publicationsMissing: "publicationsMissing"
    case .publicationMismatch: "publicationMismatch"
    case .publicationAfterSlot: "publicationAfterSlot"
    case .publicationSkipped: "publicationSkipped"
    case .snapshotRefused: "snapshotRefused"
    case .requiresServer: "requiresServer"
    case .stalled: "stalled"
    case .impossiblePosition: "impossiblePosition"
    case .startBeyondLog: "startBeyondLog"
    case .endedByServer: "endedByServer"
    case .droppedForShutdown: "droppedForShutdown"
    case .serverShutdown: "serverShutdown"
    case .concurrentReceive: "concurrentReceive"
    case .closed: "closed"
    case .typeNotVisible: "typeNotVisible"
    case .interrupted: "interrupted"
    case .chunkInterrupted: "chunkInterrupted"
    case .notAtEnd: "notAtEnd"
    case .transactionPassed: "transactionPassed"
    case .chunkPassed: "chunkPassed"
    case .stagedNotDiscarded: "stagedNotDiscarded"
    case .cannotResume: "cannotResume"
    case .spill: "spill"
    case .checkpointStore: "checkpointStore"
    case .cancelled: "cancelled"
    }
  }
}

extension PGWireError {
  fileprivate var group: String {
    switch self {
    case .options: "options"
    case .transport: "transport"
    case .wire, .unexpectedMessage: "protocol"
    case .authentication: "authentication"
    case .server, .refusedBothWays: "server"
    case .noHost: "noHost"
    case .wrongSession: "wrongSession"
    case .protocolTooOld: "protocolTooOld"
    case .settingIgnored: "settingIgnored"
    case .limitExceeded: "limitExceeded"
    case .unsupported: "unsupported"
    case .busy: "busy"
    case .closed: "closed"
    }
  }
}
