/// A notification that another session sent with NOTIFY.
package struct ServerNotification: Hashable, Sendable {
  /// The process that sent it.
  package let processID: Int32
  /// The channel's name.
  package let channel: String
  /// The text sent along; may be empty.
  package let payload: String
}
