public import Testing

/// Runs `body` and checks that it did not hang.
///
/// The limit is generous and leaves out the time in which other tests kept the threads busy; see
/// `PoolClock`. It is shorter than a scripted server's timeout.
@discardableResult
public func promptly<R>(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> R
) async rethrows -> R {
  let start = PoolClock.now
  let result = try await body()
  #expect(PoolClock.now - start < .seconds(50), what, sourceLocation: sourceLocation)
  return result
}
