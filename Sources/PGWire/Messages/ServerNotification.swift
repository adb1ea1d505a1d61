/// A notification that another session sent with NOTIFY.
public struct ServerNotification: Hashable, Sendable {
  /// The process that sent it.
  public let processID: Int32
  /// The channel's name.
  public let channel: String
  /// The text sent along; may be empty.
  public let payload: String
}
