internal import PGWire

/// Why a slot can never be used again: the column `invalidation_reason`.
@nonexhaustive public enum SlotInvalidation: Hashable, Sendable {
  /// WAL that it needs was removed, by `max_slot_wal_keep_size`.
  case walRemoved
  /// Rows of the catalogs that it needs were removed, on a standby.
  case rowsRemoved
  /// The primary's `wal_level` went below `logical`.
  case walLevelInsufficient
  /// It was not used for `idle_replication_slot_timeout`.
  case idleTimeout
  /// A reason that this library does not know, or `conflict` of server 16, which does not say
  /// which.
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
