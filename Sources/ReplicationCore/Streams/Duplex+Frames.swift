public import PGWire

extension Duplex {
  /// Passes the frames that have arrived to `body`, one by one, without copying or counting them.
  ///
  /// This is the fastest way to consume a stream: no event is made, and no payload outlives the
  /// call. It waits if there is no frame. Keepalives are passed only with
  /// ``ReplicationParams/deliversKeepAlives``. ``ReplicationParams/stopAt`` has no effect here,
  /// since frames are not inspected.
  ///
  /// - Parameter body: Called for each frame that has arrived. If it throws, the frames after that
  ///   one are passed by the next call.
  /// - Returns: False when the stream has ended cleanly; see ``end``.
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
