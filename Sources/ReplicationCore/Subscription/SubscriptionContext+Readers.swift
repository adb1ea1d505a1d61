extension SubscriptionContext {
  /// Makes the readers of snapshots' ranges, which read from the client's server.
  static func readers(
    of client: Client, _ options: SubscriptionOptions
  ) -> @Sendable () -> any RangeReading {
    { RangeReaders(client: client, options: .init(options.snapshot)) }
  }
}
