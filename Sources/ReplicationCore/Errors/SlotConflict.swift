public import PGWire

/// A slot that another session holds.
public struct SlotConflict: Hashable, Sendable {
  /// The slot's name.
  public let slot: String
  /// The session that holds it; `nil` if that is unknown, or the slot was free again by then.
  public let holder: ServerSession?
  /// The server's error, if the server refused.
  public let error: ServerError?
}
