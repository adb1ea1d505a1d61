/// Limits to what a server can make a connection hold, compute and wait for.
///
/// A server, or anyone who pretends to be one, decides how much it sends. Each of these limits ends
/// the connection with an error that names the limit.
public struct ConnectionLimits: Hashable, Sendable {
  /// How long one message may be.
  public var frames: FrameLimits
  /// The memory that the results of one query may take, in bytes: 256 MiB.
  ///
  /// Counted are the texts of the values, and what an array and an optional string take. To read
  /// more than that, use ``WireConnection/copyOut(_:)``, which holds one piece at a time.
  public var resultSize = 256 << 20
  /// How many settings a server may report of itself (ParameterStatus): 500.
  ///
  /// A server reports about fifteen; extensions may add some.
  public var parameterCount = 500
  /// The bytes that the names and values of all reported settings may have together: 256 KiB.
  public var parameterBytes = 256 << 10
  /// How many notices a server may send before the session is ready: 1,000.
  ///
  /// Login triggers may send some. Later notices are not counted: they are handed to the caller and
  /// not kept.
  public var startupNoticeCount = 1000
  /// The bytes that the notices before the session is ready may have together: 1 MiB.
  public var startupNoticeBytes = 1 << 20
  /// The most iterations of SCRAM that a server may ask for: 10,000,000, some seconds of a core.
  ///
  /// Servers use 4,096 unless `scram_iterations` says something else. The hashing ends early at the
  /// connection's deadline, or when the task is cancelled.
  public var scramIterations: Int32 = 10_000_000
  /// How long startup may take without `connect_timeout`, from the first byte sent until the
  /// session is ready: 60 s, after which a server with default settings ends it, too.
  public var startupTimeout = Duration.seconds(60)
  /// How long the server may be silent while it owes an answer: 30 s; `nil` for no limit.
  ///
  /// It starts again with every byte that comes, unless an endless series of notices comes. A
  /// statement that computes or waits for a lock for longer than that needs its own limit:
  /// ``WireConnection/query(_:answerTimeout:)``.
  public var answerTimeout: Duration? = .seconds(30)
  /// The same for a session that reads the rows of a snapshot, if that is longer: 600 s.
  ///
  /// A range of a table can be filtered for minutes before a row comes, and a lock may be waited
  /// for.
  package var snapshotAnswerTimeout = Duration.seconds(600)

  /// The limits named above, with this limit to one message.
  ///
  /// - Parameter frames: How long one message may be: 1 GiB by default.
  public init(frames: FrameLimits = FrameLimits()) {
    self.frames = frames
  }
}
