/// In which order hosts, and the addresses of each, are tried: `load_balance_hosts`.
@nonexhaustive public enum HostOrder: String, Hashable, Sendable, CaseIterable {
  /// As they were given.
  case asGiven = "disable"
  /// In a random order for each connection.
  case random
}
