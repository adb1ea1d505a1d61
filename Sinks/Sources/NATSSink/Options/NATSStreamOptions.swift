/// The stream that records go into, and how it is created if there is none.
///
/// A stream that exists is not changed. It is refused if it can't keep what it is given; see
/// ``NATSEngine``.
///
/// JetStream: <https://docs.nats.io/nats-concepts/jetstream/streams>
public struct NATSStreamOptions: Hashable, Sendable {
  /// Where a stream keeps its messages.
  @nonexhaustive public enum Storage: String, Sendable {
    /// In files.
    case file
    /// In memory: what is acknowledged is lost when all servers of the stream end.
    case memory
  }

  /// The stream's name: letters, digits, hyphens and underscores; `nil` for the slot's.
  public var name: String?
  /// What the subjects of records begin with; `nil` for the stream's name.
  ///
  /// A record of the topic `public.orders` has the subject `<prefix>.public.orders`.
  public var subjectPrefix: String?
  /// Whether a stream that is missing is created.
  public var isCreated = true
  /// Where it keeps its messages.
  ///
  /// A stream in memory is refused unless this says so too.
  public var storage = Storage.file
  /// How many servers of a cluster have a copy: 1, 3 or 5.
  ///
  /// A stream with fewer is refused.
  public var replicas = 1
  /// After which time messages are removed; `nil` for never.
  ///
  /// Servers since 2.11 take it: with an older one the stored checkpoint would be removed too.
  public var maxAge: Duration?
  /// The size in bytes from which on the oldest messages are removed; `nil` for none.
  public var maxBytes: Int64?
  /// The number of messages from which on the oldest are removed; `nil` for none.
  public var maxMessages: Int64?
  /// How long the server remembers the `Nats-Msg-Id` of messages.
  public var duplicateWindow = Duration.seconds(120)

  /// A stream in files, named after the slot, that keeps everything.
  public init() {}
}
