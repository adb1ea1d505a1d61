public import Testing

/// Runs `body` and checks that it did not hang.
///
/// The limit is generous, since tasks wait for those of all other tests, and still shorter than a
/// scripted server's patience.
@discardableResult
public func promptly<R>(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> R
) async rethrows -> R {
  let clock = ContinuousClock()
  let start = clock.now
  let result = try await body()
  #expect(clock.now - start < .seconds(50), what, sourceLocation: sourceLocation)
  return result
}
