internal import PGWire

/// How far a server's positions may go, so that one that can't be true is not acknowledged.
///
/// Positions only move forward on our side: one wrong position, acknowledged once, gives up all
/// that a server would have sent before it.
struct PositionLimit: Sendable {
  /// The most that a log grows between two messages: 256 TiB, ten hours at 7 GB a second.
  static let longestStep: UInt64 = 1 << 48
  /// Where no log has ever got to: 1 EiB.
  static let end: UInt64 = 1 << 60

  /// The furthest position that is known; zero if none is.
  private var furthest: UInt64

  /// - Parameter known: A position that the server's log has reached; `nil` if none is known.
  init(from known: LSN? = nil) {
    furthest = known?.rawValue ?? 0
  }

  /// Takes in a position of the server's.
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
