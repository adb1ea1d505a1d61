/// Runs a test once for each operation that may fail, and lets that operation fail.
///
/// The first run fails at the first operation, the second run at the second one, until a run has
/// fewer operations than that and so no fault. A test that holds in each of these runs holds
/// wherever the connection breaks, the store fails or the target does.
///
///     try await forEachFault { faults in
///       let database = TestDatabase([orders])
///       database.faults = faults
///       let target = Target(faults)
///       …
///       try await faults.restarting { try await connector.run() }
///       #expect(target.rows == database.rows(of: "orders"))
///     }
///
/// - Parameters:
///   - limit: The most runs.
///   - run: The test, which creates everything again each time.
/// - Returns: The number of operations of the last run, each of which has failed once.
/// - Throws: ``FaultyRunError``: what `run` has thrown, with the operation that had failed in that
///   run, or that there are too many operations.
@discardableResult
public func forEachFault(
  limit: Int = 10_000, _ run: (FaultInjector) async throws -> Void
) async throws -> Int {
  for number in 1...max(limit, 1) {
    let faults = FaultInjector(failing: number)
    do {
      try await run(faults)
    } catch {
      throw FaultyRunError(fault: faults.injected, reason: "\(error)")
    }
    guard faults.injected != nil else { return number - 1 }
  }
  throw FaultyRunError(fault: nil, reason: "more than \(limit) operations")
}

/// A run of ``forEachFault(limit:_:)`` that has ended with an error.
public struct FaultyRunError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The operation that was made to fail in the run, if it was reached.
  public let fault: InjectedFault?
  /// What the run has thrown.
  public let reason: String

  public var description: String {
    "the run ended with an error, \(reason); "
      + (fault.map { "\($0)" } ?? "nothing was made to fail")
  }
}
