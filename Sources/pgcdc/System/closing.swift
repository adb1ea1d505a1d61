internal import ReplicationCore

/// Closes the stream even if this task is cancelled.
func closing(_ duplex: Duplex) async {
  await Task { await duplex.close() }.value
}
