import Testing

/// Runs `body` and checks that it did not hang: that it took less than a generous eight seconds.
@discardableResult
func promptly<R>(
  _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> R
) async rethrows -> R {
  let clock = ContinuousClock()
  let start = clock.now
  let result = try await body()
  #expect(clock.now - start < .seconds(8), what, sourceLocation: sourceLocation)
  return result
}
