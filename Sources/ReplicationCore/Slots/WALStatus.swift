internal import PGWire

/// The state of the WAL that a slot needs: the column `wal_status`.
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
  /// A value that this library does not know.
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
