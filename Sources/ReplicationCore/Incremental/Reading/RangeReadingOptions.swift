/// How ranges of tables are read.
struct RangeReadingOptions: Hashable, Sendable {
  /// How many ranges are read at the same time, each over a connection.
  var workers = 2
  /// About how many bytes the rows of one range should have.
  var chunkBytes = RangePlan.defaultTargetBytes
  /// Bytes of a batch: a worker stops reading when it has so many, until the batch was taken.
  ///
  /// A row is never parted, so that a batch may be larger by one row.
  var batchBytes = 1 << 18
  /// The least number of blocks of a table without a key that one connection reads.
  var leastBlocks = 256
  /// Whether values come in binary where every column's type has a form that is known here.
  var prefersBinary = true
  /// How long a snapshot is held, or is asked for again, before that is reported.
  var longestWait = Duration.seconds(30)
  /// How long a table's lock is held for rows that nobody has begun to take; the range is given
  /// back then.
  var longestHold = Duration.seconds(120)
  /// How long a connection is kept that nobody uses.
  var idleTimeout = Duration.seconds(60)
  /// How long one attempt to lock a table waits.
  var lockTimeout = Duration.milliseconds(200)
  /// The time after the first attempt in vain; it doubles with each, up to a second.
  var lockPause = Duration.milliseconds(50)
  /// How many attempts there are before the range is given back.
  var lockAttempts = 20
  /// The time before a snapshot is asked for again.
  var repeatPause = Duration.milliseconds(20)
}
