import CReplicationSystem
import Foundation
import PGWire
import Synchronization

/// A network between clients and a server, in which one operation goes wrong.
///
/// It counts the operations of all connections together (``WireFramer``). One of them is not passed
/// on as it is; everything before and after it is.
final class FaultyRelay: Sendable {
  /// What happens to the operation.
  enum Fault: String, Sendable, CaseIterable {
    /// It is dropped, and both sides see the end of the connection.
    case cut
    /// It is dropped, and both sides see a reset.
    case reset
    /// Half of it arrives, and then the end of the connection.
    case torn
    /// It arrives late, and with it everything that follows it on the connection.
    case delay
    /// Nothing more gets through the connection, which stays open.
    case freeze
  }

  /// What has gone wrong.
  struct Strike: Sendable, CustomStringConvertible {
    let number: Int
    let fault: Fault
    let side: WireFramer.Side
    let words: String
    let awaited: WireFramer.Awaited
    let isReplication: Bool

    var description: String {
      "\(fault) at operation \(number), of the \(side)\(isReplication ? " (walsender)" : ""): "
        + words
    }
  }

  struct Failure: Error {
    let call: String
    let errno: Int32
  }

  /// How late something is that is delayed.
  static let delay = Duration.milliseconds(1500)

  /// Where clients connect to, on this machine.
  let port: UInt16
  private let tally: RelayTally
  private let interrupt: Interrupt

  /// - Parameters:
  ///   - port: The server's, on this machine.
  ///   - fault: What goes wrong.
  ///   - number: With which operation, from 1.
  init(to port: UInt16, _ fault: Fault, at number: Int) throws {
    let interrupt = try Interrupt()
    guard let listener = FileDescriptor.streamSocket(AF_INET) else { throw Failure.last("socket") }
    let raw = listener.raw
    guard unsafe withLoopback(port: 0, { unsafe bind(raw, $0, $1) }) == 0 else {
      throw Failure.last("bind")
    }
    guard listen(raw, 64) == 0 else { throw Failure.last("listen") }
    self.port = try boundPort(raw)
    let tally = RelayTally(fault, at: number)
    self.tally = tally
    self.interrupt = interrupt
    // The thread owns it from now on.
    let owned = listener.release()
    do {
      try OwnThread.start {
        RelayLoop(FileDescriptor(owning: owned), to: port, tally, interrupt).run()
      }
    } catch {
      _ = FileDescriptor(owning: owned)
      throw error
    }
  }

  deinit {
    interrupt.trigger()
  }

  /// What has gone wrong, once it has.
  var strike: Strike? { tally.strike }

  /// How many operations there were.
  var count: Int { tally.count }

  /// Closes everything; what is frozen ends now.
  func stop() {
    interrupt.trigger()
  }

  /// The server's options, with the relay in between.
  func options(_ server: ConnectionOptions) -> ConnectionOptions {
    var options = server
    options.hosts = [ConnectionHost("127.0.0.1", port: port)]
    return options
  }
}

extension FaultyRelay.Failure {
  fileprivate static func last(_ call: String) -> FaultyRelay.Failure {
    FaultyRelay.Failure(call: call, errno: lastErrno)
  }
}

/// Counts operations, and says when one is to go wrong.
final class RelayTally: Sendable {
  private struct State {
    var count = 0
    var strike: FaultyRelay.Strike?
  }

  private let state = Mutex(State())
  private let fault: FaultyRelay.Fault
  private let number: Int

  init(_ fault: FaultyRelay.Fault, at number: Int) {
    self.fault = fault
    self.number = number
  }

  var strike: FaultyRelay.Strike? { state.withLock { $0.strike } }
  var count: Int { state.withLock { $0.count } }

  /// Counts an operation.
  ///
  /// - Returns: What is to go wrong with it.
  func reach(_ operation: WireFramer.Operation, isReplication: Bool) -> FaultyRelay.Fault? {
    let (number, fault) = (number, fault)
    return state.withLock { state -> FaultyRelay.Fault? in
      state.count += 1
      guard state.count == number else { return nil }
      state.strike = FaultyRelay.Strike(
        number: number, fault: fault, side: operation.side, words: operation.words,
        awaited: operation.awaited, isReplication: isReplication)
      return fault
    }
  }
}

/// Calls `body` with the address of a port of this machine.
func withLoopback(
  port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
) -> Int32 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return unsafe withUnsafePointer(to: &address) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      unsafe body(pointer, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}

private func boundPort(_ socket: Int32) throws -> UInt16 {
  var bound = sockaddr_in()
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let result = unsafe withUnsafeMutablePointer(to: &bound) { pointer in
    unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
      unsafe getsockname(socket, pointer, &size)
    }
  }
  guard result == 0 else { throw FaultyRelay.Failure.last("getsockname") }
  return UInt16(bigEndian: bound.sin_port)
}
