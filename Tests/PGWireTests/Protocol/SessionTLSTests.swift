import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// The question for TLS and its answer, as steps of the pure machine.
@Suite struct SessionTLSTests {
  private func machine(_ encryption: SessionMachine.Encryption) -> SessionMachine {
    SessionMachine(
      startup: [StartupParameter(name: "user", value: "u")],
      credentials: Credentials(user: "u", password: Password("pw"), nonce: "nonce"),
      encryption: encryption)
  }

  private let startup = SessionMachine.Action.send(
    .startup(version: 196_608, parameters: [StartupParameter(name: "user", value: "u")]))

  @Test func `asks, and goes over to TLS at yes`() {
    for encryption in [SessionMachine.Encryption.ifOffered, .required] {
      var machine = machine(encryption)
      #expect(machine.start() == .send(.sslRequest))
      #expect(machine.awaitsTLSAnswer)
      #expect(machine.receive(tlsAnswer: UInt8(ascii: "S")) == .startTLS)
      #expect(!machine.awaitsTLSAnswer)
      #expect(machine.tlsStarted(.hash([1])) == startup)
    }
  }

  @Test func `continues in clear at no, if that will do`() {
    var machine = machine(.ifOffered)
    _ = machine.start()
    #expect(machine.receive(tlsAnswer: UInt8(ascii: "N")) == startup)
    var strict = self.machine(.required)
    _ = strict.start()
    #expect(
      strict.receive(tlsAnswer: UInt8(ascii: "N")) == .fail(.transport(.tls(.notOffered))))
  }

  @Test func `begins with the handshake if told to`() {
    var machine = machine(.direct)
    #expect(machine.start() == .startTLS)
    #expect(machine.tlsStarted(.none(signature: "x")) == startup)
  }

  @Test(arguments: [SessionMachine.Encryption.ifOffered, .required])
  func `takes no other answer`(encryption: SessionMachine.Encryption) {
    for byte in UInt8.min...UInt8.max where ![0x4E, 0x53].contains(byte) {
      var machine = machine(encryption)
      _ = machine.start()
      let action = machine.receive(tlsAnswer: byte)
      let expected: TLSError = byte == UInt8(ascii: "E") ? .refused : .unexpectedAnswer(byte)
      #expect(action == .fail(.transport(.tls(expected))))
      #expect(machine.receive(tlsAnswer: 0x53) == .fail(.unexpectedMessage))
      #expect(machine.tlsStarted(.hash([])) == .fail(.unexpectedMessage))
    }
  }

  @Test func `takes no message before TLS is there`() throws {
    for message in [
      Backend.authenticationOk(), Backend.authenticationCleartextPassword(),
      Backend.errorResponse(severity: "FATAL", .invalidPassword, "x"), Backend.readyForQuery(),
      Backend.parameterStatus("a", "b"),
    ] {
      var asking = machine(.required)
      _ = asking.start()
      #expect(try withMessage(message) { asking.receive($0) } == .fail(.unexpectedMessage))
      var shaking = machine(.direct)
      _ = shaking.start()
      #expect(try withMessage(message) { shaking.receive($0) } == .fail(.unexpectedMessage))
      #expect(shaking.parameters.isEmpty)
    }
  }

  @Test func `has a plan for each sslmode, as libpq`() {
    func plan(_ mode: SSLMode, local: Bool = false) -> EncryptionPlan {
      EncryptionPlan(TLSOptions(mode: mode), isLocal: local)
    }
    let handshake = PGWireError.transport(.tls(.failed(reason: "x")))
    let rule = PGWireError.server(.made(severity: "FATAL", SQLState(rawValue: "28000"), "no"))
    let full = PGWireError.server(.made(severity: "FATAL", .tooManyConnections, "no"))
    let first: [SSLMode: SessionMachine.Encryption] = [
      .disable: .none, .allow: .none, .prefer: .ifOffered, .require: .required,
      .verifyCA: .required, .verifyFull: .required,
    ]
    for (mode, encryption) in first {
      #expect(plan(mode).encryption == encryption)
      #expect(plan(mode, local: true).encryption == .none)
      for (error, isEncrypted, shown, then) in [
        (rule, false, false, [.allow: .required]),
        (rule, true, false, [.prefer: .none, .allow: .required]),
        (rule, true, true, [.allow: .required]), (handshake, true, false, [.prefer: .none]),
        (full, true, false, [.allow: .required]),
        (PGWireError.transport(.tls(.file("sslkey", path: "k", reason: "r"))), false, false, [:]),
        (PGWireError.transport(.tls(.refused)), false, false, [:]),
        (PGWireError.transport(.closedByServer), false, false, [:]),
      ] as [(PGWireError, Bool, Bool, [SSLMode: SessionMachine.Encryption])] {
        var plan = plan(mode)
        let isRetry = plan.failed(with: error, isEncrypted: isEncrypted, credentialsShown: shown)
        #expect(isRetry == (then[mode] != nil), "\(mode) \(error)")
        #expect(plan.encryption == then[mode] ?? encryption)
        if isRetry {
          let isThird = plan.failed(
            with: error, isEncrypted: isEncrypted, credentialsShown: shown)
          #expect(!isThird)
        }
      }
    }
  }
}
