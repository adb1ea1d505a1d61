public import PGWire

extension Duplex {
  /// Lends what has arrived to `body`, one frame after the other, with nothing copied or counted.
  ///
  /// This is the fastest way to consume a stream: no event is made, and no payload outlives the
  /// call. It waits if nothing is there. Keepalives are lent only if
  /// ``ReplicationParams/deliversKeepAlives`` asks, and ``ReplicationParams/stopAt`` has no meaning
  /// here, since frames are not looked into.
  ///
  /// - Parameter body: Called for each frame of what is there. If it throws, the frames behind that
  ///   one come with the next call.
  /// - Returns: False when the stream has come to an orderly end; see ``end``.
  /// - Throws: ``ReplicationError`` as ``recv()``, or what `body` throws.
  public func forEachReady(_ body: (CopyBothFrame) throws -> Void) async throws -> Bool {
    try await cursor.useThrowing { cursor in
      while try !cursor.lendFrames(body) {
        switch await mailbox.take() {
        case .batches(let batches): cursor.refill(batches)
        case .ended(.failed(let error)): throw error
        case .ended: return false
        case .cancelled: throw ReplicationError.cancelled
        }
      }
      return true
    }
  }
}
