internal import Logging
internal import PGWire
internal import ReplicationCore

/// Waits until nobody holds the slot.
///
/// The process that holds it writes into the engine; opening the sink would take the engine away
/// from it. So a connector that stands by lets the other one work.
struct SlotTurn {
  let params: ReplicationParams

  /// The time between two looks at the slot.
  private static let pace = Duration.milliseconds(500)

  /// A cancellation ends it at once, even while the server is silent.
  ///
  /// - Throws: ``/ReplicationCore/ReplicationError`` if the server can't be asked.
  func wait() async throws {
    let client = try Client(params)
    defer { client.closeControl() }
    var hasTold = false
    while let slot = try await client.slot(), slot.isActive {
      if !hasTold {
        hasTold = true
        params.logger.notice(
          "the slot is held: the connector stands by", metadata: ["slot": "\(params.slot)"])
      }
      try await Task.sleep(for: Self.pace)
    }
  }
}
