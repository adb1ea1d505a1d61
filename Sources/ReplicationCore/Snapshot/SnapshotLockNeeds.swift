/// How many locks a snapshot takes, and how many the server has room for.
public struct SnapshotLockNeeds: Hashable, Sendable {
  /// Locks that the snapshot takes: one for each table and index.
  public let needed: Int
  /// What the server's lock table holds, for all of its sessions.
  public let room: Int
  /// The server's setting `max_locks_per_transaction`.
  public let setting: Int
  /// What the setting has to be, at least, for these locks alone.
  public var suggestedSetting: Int {
    // Each unit of the setting is room for one lock of every session that there may be.
    let unit = max(room / max(setting, 1), 1)
    return max(needed / unit, setting) + 1
  }
}
