/// Runs what blocks on a thread of its own.
actor KafkaWorker {
  private let executor = ThreadExecutor()

  deinit {
    executor.end()
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe executor.asUnownedSerialExecutor()
  }

  func run<R: Sendable, Failure: Error>(
    _ body: @Sendable () throws(Failure) -> R
  ) throws(Failure) -> R {
    try body()
  }
}
