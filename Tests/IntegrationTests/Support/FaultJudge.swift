import PGWire
import ReplicationCore

/// What an error after a fault of the network must be.
enum FaultJudge {
  /// The error of a life is not what it should be.
  struct Wrong: Error, CustomStringConvertible {
    let description: String
  }

  /// Checks the first error after a fault.
  ///
  /// - Throws: ``Wrong``, with what is wrong with it.
  static func check(_ error: any Error, after strike: FaultyRelay.Strike) throws(Wrong) {
    guard let error = error as? ReplicationError else {
      throw Wrong(description: "\(type(of: error)), and no ReplicationError: \(error)")
    }
    // Another attempt helps against a broken network, and callers go by this.
    guard error.category == .transient else {
      throw Wrong(description: "\(error.category), and not transient: \(error)")
    }
    let isRight =
      switch strike.fault {
      case .cut, .reset, .torn: isLoss(error)
      case .delay: false
      case .freeze: isSilence(error, strike.awaited)
      }
    guard isRight else { throw Wrong(description: "the wrong error, \(error)") }
  }

  /// Whether it says that the connection is gone, which was noticed at once.
  private static func isLoss(_ error: ReplicationError) -> Bool {
    switch error {
    case .connection(.transport(let cause)), .control(.transport(let cause)):
      switch cause {
      case .closedByServer, .lost, .cannotConnect, .tls: true
      default: false
      }
    case .control(.lost), .control(.unreachable): true
    default: false
    }
  }

  /// Whether it says for what the server was waited for in vain.
  private static func isSilence(
    _ error: ReplicationError, _ awaited: WireFramer.Awaited
  ) -> Bool {
    switch error {
    case .connection(.transport(.connectTimedOut(_, let named))),
      .control(.transport(.connectTimedOut(_, let named))):
      states(awaited).contains(named) && "\(error)".contains("\(named)")
    case .connection(.transport(.noAnswer(let named, _))):
      isOpen(awaited) && "\(error)".contains("\(named)")
    case .control(.noAnswer), .stalled: isOpen(awaited)
    default: false
    }
  }

  /// Whether the session may be open.
  private static func isOpen(_ awaited: WireFramer.Awaited) -> Bool {
    awaited == .answer || awaited == .insideTLS
  }

  /// The states of a session that is being opened that there may be.
  private static func states(_ awaited: WireFramer.Awaited) -> [AwaitedAnswer] {
    switch awaited {
    case .tlsAnswer: [.tlsAnswer]
    case .insideTLS: [.tlsHandshake, .startupPacket, .authentication, .endOfStartup]
    case .startupPacket: [.startupPacket]
    case .authentication: [.authentication]
    case .endOfStartup: [.endOfStartup]
    case .answer, .cancelRequest: []
    }
  }
}
