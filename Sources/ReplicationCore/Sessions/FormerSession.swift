internal import CDCTime
internal import PGWire
internal import Synchronization

/// A session that a stream of this process had, and that the server may not know is gone.
///
/// With `wal_sender_timeout` off, a server keeps such a session, and its slot, until TCP gives up
/// the connection.
struct FormerSession: Hashable, Sendable {
  let pid: Int32
  let user: String
  let applicationName: String
  /// The server's time when the stream began: a younger process with this number is another one.
  let began: PostgresTimestamp

  /// Whether the session that holds the slot is this one.
  func isSame(as holder: ServerSession) -> Bool {
    guard let since = holder.connectedSince else { return false }
    return holder.pid == pid && holder.user == user && holder.applicationName == applicationName
      && since <= began
  }
}

extension Duplex {
  /// The session on the server's side; `nil` if the server never sent anything.
  var session: FormerSession? {
    let began = counters.serverTime.load(ordering: .relaxed)
    guard began != Int64.min else { return nil }
    return FormerSession(
      pid: processID, user: server.user, applicationName: server.applicationName ?? "",
      began: PostgresTimestamp(microseconds: began))
  }
}
