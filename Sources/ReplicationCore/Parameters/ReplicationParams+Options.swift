extension ReplicationParams {
  /// The version of pgoutput's protocol.
  ///
  /// Every version sends the same changes of plain transactions; later versions allow more options.
  @nonexhaustive public enum PgOutputVersion: Int, Hashable, Sendable, CaseIterable {
    /// The highest that the server has.
    case automatic = 0
    /// Since server 10.
    case v1
    /// Allows streaming. Since server 14.
    case v2
    /// Allows two-phase commit. Since server 15.
    case v3
    /// Allows streaming for parallel appliers. Since server 16.
    case v4
  }

  /// Whether large transactions are sent while they are in progress.
  @nonexhaustive public enum Streaming: String, Hashable, Sendable, CaseIterable {
    /// Each transaction is sent whole, once it has committed.
    case off
    /// Transactions larger than the server's `logical_decoding_work_mem` are sent in blocks. Since
    /// server 14.
    case on
    /// The same, and rollbacks are reported with their position and time. Since server 16.
    case parallel
  }

  /// Which changes to request, by their origin.
  @nonexhaustive public enum OriginFilter: String, Sendable, CaseIterable {
    /// All.
    case any
    /// Only changes that were made on the server itself.
    case none
  }
}
