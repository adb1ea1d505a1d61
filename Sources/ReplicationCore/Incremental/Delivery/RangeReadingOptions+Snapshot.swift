extension RangeReadingOptions {
  init(_ snapshot: SubscriptionSnapshot) {
    self.init()
    let options = snapshot.incremental ?? IncrementalSnapshotOptions()
    workers = options.workers
    chunkBytes = Double(max(options.chunkBytes, 1))
    prefersBinary = options.prefersBinary
    longestWait = options.snapshotTimeout
    longestHold = max(longestHold, longestWait * 2)
  }
}
