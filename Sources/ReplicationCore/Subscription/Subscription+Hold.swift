extension Subscription {
  /// Lets no table be read, and none be looked up, until ``releaseSnapshots()``.
  ///
  /// For a consumer that has a part of a transaction: the rest has to follow as it was begun.
  package func holdSnapshots() { context.requests.isHeld = true }

  /// Lets tables be read again.
  package func releaseSnapshots() { context.requests.isHeld = false }
}
