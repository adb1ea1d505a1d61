internal import PGWire

/// A limit for a server's positions, so that an impossible one is not acknowledged.
///
/// Positions only move forward on our side: acknowledging one wrong position gives up everything
/// that the server would have sent before it.
struct PositionLimit: Sendable {
  /// The most that the WAL can grow between two messages: 256 TiB, ten hours at 7 GB a second.
  static let longestStep: UInt64 = 1 << 48
  /// A position that no server's WAL has ever reached: 1 EiB.
  static let end: UInt64 = 1 << 60

  /// The furthest position that is known; zero if none is.
  private var furthest: UInt64

  /// - Parameter known: A position that the server's log has reached; `nil` if none is known.
  init(from known: LSN? = nil) {
    furthest = known?.rawValue ?? 0
  }

  /// Checks and records a position of the server.
  mutating func check(_ position: LSN) throws(ReplicationError) {
    let value = position.rawValue
    guard value > furthest else { return }
    let limit = furthest == 0 ? Self.end : max(furthest, furthest &+ Self.longestStep)
    guard value <= limit else {
      throw .impossiblePosition(position, after: LSN(rawValue: furthest))
    }
    furthest = value
  }
}
