internal import PGWire

/// Makes one operation of a run fail: the n-th of those that are counted.
///
/// Whatever may fail calls ``reach(_:)`` before it is done: a simulated server for each connection
/// and each message (``TestDatabase/faults``), a ``FaultyCheckpointStore`` for each call, and your
/// own target for each write. ``forEachFault(limit:_:)`` makes one for each run.
public final class FaultInjector: Sendable {
  private struct State {
    var reached = 0
    var injected: InjectedFault?
  }

  /// The number of the operation that fails, from 1.
  public let number: Int
  private let state = Lock(State())

  /// An injector that lets one operation fail.
  ///
  /// - Parameter number: The number of the operation, from 1.
  public init(failing number: Int) {
    self.number = number
  }

  /// The fault, once it has happened.
  public var injected: InjectedFault? { state.withLock(\.injected) }

  /// How many operations were counted.
  public var reached: Int { state.withLock(\.reached) }

  /// Counts an operation that is about to be done.
  ///
  /// - Parameter operation: What it is, for reports.
  /// - Throws: ``InjectedFault`` if it is the one that is to fail.
  public func reach(_ operation: String) throws(InjectedFault) {
    let fault = state.withLock { state -> InjectedFault? in
      state.reached += 1
      guard state.reached == number else { return nil }
      let fault = InjectedFault(number: number, operation: operation)
      state.injected = fault
      return fault
    }
    if let fault { throw fault }
  }

  /// Runs a program, and once more if it ends with an error after the fault, as a supervisor
  /// restarts a process.
  ///
  /// - Parameter program: What a process does from its start, with what is stored by then.
  /// - Throws: What `program` throws without a fault, or when it is run again.
  public func restarting(_ program: () async throws -> Void) async throws {
    do {
      try await program()
    } catch {
      guard injected != nil else { throw error }
      try await program()
    }
  }
}

/// An error that a ``FaultInjector`` has made.
public struct InjectedFault: Error, Hashable, Sendable, CustomStringConvertible {
  /// The number of the operation that has failed, from 1.
  public let number: Int
  /// What the operation is.
  public let operation: String

  public var description: String { "operation \(number) was made to fail: \(operation)" }
}
