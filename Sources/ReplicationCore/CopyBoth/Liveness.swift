internal import PGWire

/// The times that keep a stream alive, all from one number: the server's `wal_sender_timeout`.
struct Liveness: Equatable, Sendable {
  /// The longest time between two reports.
  let statusInterval: Duration
  /// How long the server may be silent.
  let stallTimeout: Duration?

  /// The timeout if the server waits indefinitely.
  static let defaultStallTimeout = Duration.seconds(60)

  /// - Parameter senderTimeout: How long the server waits for us; `nil` if indefinitely.
  init(_ params: ReplicationParams, senderTimeout: Duration?) {
    // A third leaves room for one report to be lost and another to be late.
    statusInterval =
      senderTimeout.map { min(params.statusInterval, $0 / 3) }
      ?? params.statusInterval
    switch params.stallTimeout {
    case .some(let timeout): stallTimeout = timeout > .zero ? timeout : nil
    case nil: stallTimeout = senderTimeout ?? Self.defaultStallTimeout
    }
  }
}
