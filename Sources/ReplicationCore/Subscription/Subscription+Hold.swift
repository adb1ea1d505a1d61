extension Subscription {
  /// Lets no table be read, and none be looked up, until ``releaseSnapshots()``.
  ///
  /// For a consumer that has a part of a transaction: the rest has to follow as it was begun.
  package func holdSnapshots() { context.requests.isHeld = true }

  /// How often the tables that are read have changed, other than by what was delivered.
  ///
  /// What is delivered of later transactions depends on it.
  package var snapshotEntries: Int { context.acknowledgements.entries }

  /// Waits until the checkpoint with the latest of these changes is saved, or can't be.
  package func saveSnapshotEntries() async {
    await context.acknowledgements.catchUpWithSnapshots()
  }

  /// Lets tables be read again.
  package func releaseSnapshots() { context.requests.isHeld = false }
}
