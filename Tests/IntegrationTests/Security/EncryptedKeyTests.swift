import Foundation
import PGWire
import ReplicationCore
import Testing

/// A client key that is encrypted, and no password for it, or the wrong one.
///
/// libpq, which makes the control connection, leaves the question to OpenSSL, and that asks whoever
/// sits at the terminal.
@Suite struct EncryptedKeyTests {
  @Test(arguments: TestServer.newest.filter { TestServer.startable.contains($0) })
  func `nobody is asked for the password of a key`(server: TestServer) async throws {
    try await Certificates.with { certificates in
      try await OwnServer.with(version: server.version) { own in
        try await own.setAccess(["hostssl all certuser 127.0.0.1/32 cert"])
        let sql = try await WireConnection.connect(own.localOptions())
        try await sql.run("CREATE ROLE certuser LOGIN")
        sql.close()
        try await own.serve(certificates, "rsa")
        let (certificate, key) = (
          certificates.path("client.crt"), certificates.path("client.encrypted.key")
        )
        let string =
          "hostaddr=127.0.0.1 port=\(own.port) user=certuser dbname=postgres sslmode=require "
          + "sslcert=\(certificate) sslkey=\(key)"
        for wrong in ["", " sslpassword=shut"] {
          let options = try ConnectionOptions(string + wrong)
          do throws(ReplicationError) {
            _ = try await Client.slots(options)
            Issue.record("connected without the key's password")
          } catch {
            guard case .control(.transport(.tls(.file("sslkey", key, let reason)))) = error else {
              Issue.record("\(error)")
              continue
            }
            #expect(reason.contains("sslpassword") && !reason.contains("shut"), "\(reason)")
          }
        }
        let right = "\(string) sslpassword='open sesame'"
        #expect(try await Client.slots(try ConnectionOptions(right)).isEmpty)

        #if os(Linux)
          guard let terminal = try Terminal() else {
            return print("note: no pseudo-terminals here, so that nobody can be asked at one")
          }
          let outcome = try await terminal.run(
            Pgcdc.program, ["slot", "list", "--url", string], environment: ["HOME": "/nonexistent"])
          #expect(outcome.status == 1 && outcome.errors.contains("sslpassword"), "\(outcome)")
          #expect(!terminal.shown().contains("pass phrase"))
        #endif
      }
    }
  }
}

#if os(Linux)
  /// A terminal at which nobody sits, and Return is pressed again and again.
  private final class Terminal: Sendable {
    private let master: Int32
    private let path: String

    /// - Returns: `nil` where `/dev/pts` is not mounted.
    init?() throws {
      guard FileManager.default.fileExists(atPath: "/dev/pts/ptmx") else { return nil }
      master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
      var (number, unlocked): (UInt32, Int32) = (0, 0)
      // TIOCSPTLCK and TIOCGPTN, which Glibc's headers do not show to Swift.
      let results = unsafe [
        ioctl(master, 0x4004_5431, &unlocked), ioctl(master, 0x8004_5430, &number),
      ]
      try #require(results == [0, 0], "no terminal: error \(errno)")
      path = "/dev/pts/\(number)"
      let lines = [UInt8](repeating: UInt8(ascii: "\n"), count: 20)
      let written = unsafe write(master, lines, lines.count)
      try #require(written == lines.count)
    }

    deinit { close(master) }

    /// Runs a program whose terminal it is.
    func run(
      _ program: String, _ arguments: [String], environment: [String: String]
    ) async throws -> ChildProcess.Outcome {
      // The first terminal that a new session opens becomes its own.
      let script = #"exec 9<>"$1"; shift; exec "$@""#
      return try await ChildProcess(
        "/bin/sh", ["-c", script, "sh", path, program] + arguments, environment: environment,
        hasTerminal: false
      ).outcome()
    }

    /// What was written to it.
    func shown() -> String {
      _ = fcntl(master, F_SETFL, O_NONBLOCK)
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = unsafe read(master, &bytes, bytes.count)
      return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }
  }
#endif
