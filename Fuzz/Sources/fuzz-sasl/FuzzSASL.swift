@testable import PGWire

// A whole session of a server, as the session's machine sees it: TLS or not, authentication by
// every method, the end of startup, queries.
//
//     input  flags 1, then the bytes of a session; flags 1 and 2: without TLS (0), with a
//            certificate that can't be bound (1), with one that can; flags 4 and 8:
//            channel_binding; flag 16: only SCRAM is allowed; flag 32: a bearer token; flag 64:
//            keys in place of the password; flag 128: a Unix socket

func fuzzSASL(_ input: [UInt8]) {
  guard let flags = input.first else { return }
  var session = FuzzedSession(flags)
  session.feed(input.dropFirst())
}

private struct FuzzedSession {
  private static let limits: ConnectionLimits = {
    var limits = ConnectionLimits()
    limits.scramIterations = 10_000
    limits.parameterCount = 20
    limits.parameterBytes = 1000
    limits.startupNoticeCount = 20
    limits.startupNoticeBytes = 2000
    limits.resultSize = 10_000
    return limits
  }()

  private let flags: UInt8
  private let options: AuthenticationOptions
  private var machine: SessionMachine
  private var frames = FrameDecoder()
  private var isOver = false
  private var isHashed = false

  init(_ flags: UInt8) {
    self.flags = flags
    let key = Password(bytes: [UInt8](repeating: 7, count: 32))
    var options = AuthenticationOptions()
    options.channelBinding = [.prefer, .disable, .require, .prefer][Int(flags >> 2 & 3)]
    options.allowedMethods = flags & 16 == 0 ? nil : [.scramSHA256]
    options.scramClientKey = flags & 64 == 0 ? nil : key
    options.scramServerKey = flags & 64 == 0 ? nil : key
    options.oauth.token = flags & 32 == 0 ? nil : Password("token")
    self.options = options
    machine = SessionMachine(
      startup: [],
      credentials: Credentials(
        user: "user", password: flags & 64 == 0 ? Password("pw") : nil, authentication: options,
        nonce: "nonce", isLocal: flags & 128 != 0),
      encryption: flags & 3 == 0 ? .none : .direct, limits: Self.limits)
    take(machine.start())
    switch flags & 3 {
    case 0: break
    case 1: take(machine.tlsStarted(.none(signature: "ED25519")))
    default: take(machine.tlsStarted(.hash([1, 2, 3])))
    }
  }

  mutating func feed(_ bytes: ArraySlice<UInt8>) {
    frames.append(bytes)
    do throws(WireError) {
      while !isOver, let action = try nextAction() { take(action) }
    } catch {
      precondition(!error.description.isEmpty)
    }
    if isOver {
      precondition(machine.query("SELECT 1") == .fail(.closed))
    } else {
      _ = machine.connectionEnded()
    }
  }

  private mutating func nextAction() throws(WireError) -> SessionMachine.Action? {
    try frames.next { (tag, body) throws(WireError) in
      try BackendMessage.decode(tag: tag, body) { machine.receive($0) }
    }
  }

  private mutating func take(_ action: SessionMachine.Action) {
    switch action {
    case .hash:
      isHashed = true
      take(machine.hashOn())
    case .fail(let error), .queryFailed(let error):
      precondition(!error.description.isEmpty)
      if case .fail = action { isOver = true }
    case .send(let message): check(message)
    case .authenticated:
      // No server made of chance knows the password.
      precondition(!isHashed)
      precondition(options.allowedMethods == nil && options.channelBinding != .require)
    case .ready:
      frames.believesLongMessages = true
      _ = machine.query("SELECT 1", takesCopy: flags & 32 != 0)
    case .queryFinished(let results):
      for result in results {
        precondition(result.rows.allSatisfy { $0.count == result.columns.count })
      }
      _ = machine.query("SELECT 2")
    case .copyBothOpened: machine.copyBothFinished()
    case .copyOutOpened: machine.copyOutFinished()
    case .notice(let notice): precondition(!"\(notice)".isEmpty)
    case .wait, .startTLS: break
    }
    precondition(machine.parameters.count <= Self.limits.parameterCount)
  }

  /// Nothing leaves for a server that asks for less than was demanded.
  private func check(_ message: FrontendMessage) {
    precondition(!message.encoded.isEmpty && !"\(message)".contains("token"))
    let isEncrypted = flags & 3 != 0
    switch message {
    case .password:
      precondition(options.allowedMethods == nil && options.channelBinding != .require)
    case .bearerToken:
      precondition(options.allowedMethods == nil && options.channelBinding != .require)
      precondition(isEncrypted || flags & 128 != 0)
    case .saslInitialResponse(let mechanism, _):
      precondition(options.channelBinding != .require || mechanism == "SCRAM-SHA-256-PLUS")
      precondition(mechanism == "SCRAM-SHA-256" || flags & 3 > 1)
    default: break
    }
  }
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzSASL([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
