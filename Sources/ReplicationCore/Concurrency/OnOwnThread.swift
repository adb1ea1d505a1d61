internal import PGWire

/// Runs what may block on a thread of our own.
func onOwnThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws(ReplicationError) -> Value
) async throws(ReplicationError) -> Value {
  let result = await withCheckedContinuation {
    (continuation: CheckedContinuation<Result<Value, ReplicationError>, Never>) in
    do throws(TransportError) {
      try OwnThread.start {
        do throws(ReplicationError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    } catch {
      continuation.resume(returning: .failure(.connection(.transport(error))))
    }
  }
  return try result.get()
}
