/// The rules of incremental snapshots, one by one.
///
/// All of them hold, always. They have names so that the tests can leave out one at a time, and so
/// show that each is needed and that the exploration of all interleavings would find its absence.
struct IncrementalRules: Hashable, Sendable {
  /// A snapshot is used only if it sees every transaction whose changes were dropped.
  var checksDropped = true
  /// Whether a transaction is in a snapshot is decided by its id, not by positions in the log.
  var comparesIDs = true
  /// The stream does not pass changes to a range whose snapshot is being taken.
  var holdsWhileArming = true
  /// Changes to a range that is still to be read are dropped.
  var dropsWhileOpen = true
  /// A range's snapshot filters until the stream has passed its horizon.
  var filtersUpToHorizon = true
  /// The ids of dropped transactions are a part of the checkpoint.
  var savesDropped = true
  /// The chunk comes before the first transaction that touches its range and is not in it.
  var placesChunkFirst = true
  /// A change of a key is judged for the old key and for the new one.
  var splitsKeyChanges = true
  /// A row that moves out of a range that lacks it, without all its values, is read again.
  var readsMovedRowsAgain = true
  /// A chunk is delivered only when the log is on disk up to its horizon.
  var awaitsFlush = true
  /// The transaction that is being delivered counts as dropped when a range is armed.
  var guardsCurrent = true
  /// Changes to ranges that were not read when their table was dropped are dropped too.
  var dropsLostRanges = true
}
