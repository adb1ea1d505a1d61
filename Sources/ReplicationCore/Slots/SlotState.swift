internal import PGWire

/// What has become of the WAL that a slot needs: the column `wal_status`.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/view-pg-replication-slots.html>
@nonexhaustive public enum WALStatus: Hashable, Sendable {
  /// It lies within `max_wal_size`.
  case reserved
  /// It is more than `max_wal_size`, but kept.
  case extended
  /// It is no longer kept: the next checkpoint may remove it, unless the slot catches up before.
  case unreserved
  /// Some of it is gone; the slot can't be used any more.
  case lost
  /// A word that this library does not know.
  case other(String)

  init(_ text: String) {
    self =
      switch text {
      case "reserved": .reserved
      case "extended": .extended
      case "unreserved": .unreserved
      case "lost": .lost
      default: .other(text)
      }
  }
}

extension WALStatus: CustomStringConvertible {
  public var description: String {
    switch self {
    case .reserved: "reserved"
    case .extended: "extended"
    case .unreserved: "unreserved"
    case .lost: "lost"
    case .other(let text): text.displayed
    }
  }
}

/// Why a slot can never be used again: the column `invalidation_reason`.
@nonexhaustive public enum SlotInvalidation: Hashable, Sendable {
  /// WAL that it needs was removed, by `max_slot_wal_keep_size`.
  case walRemoved
  /// Rows of the catalogs that it needs were removed, on a standby.
  case rowsRemoved
  /// The primary's `wal_level` went below `logical`.
  case walLevelInsufficient
  /// Nobody used it for `idle_replication_slot_timeout`.
  case idleTimeout
  /// A word that this library does not know, or `conflict` of server 16, which does not say which.
  case other(String)

  init(_ text: String) {
    self =
      switch text {
      case "wal_removed": .walRemoved
      case "rows_removed": .rowsRemoved
      case "wal_level_insufficient": .walLevelInsufficient
      case "idle_timeout": .idleTimeout
      default: .other(text)
      }
  }
}

extension SlotInvalidation: CustomStringConvertible {
  public var description: String {
    switch self {
    case .walRemoved: "wal_removed"
    case .rowsRemoved: "rows_removed"
    case .walLevelInsufficient: "wal_level_insufficient"
    case .idleTimeout: "idle_timeout"
    case .other(let text): text.displayed
    }
  }
}
