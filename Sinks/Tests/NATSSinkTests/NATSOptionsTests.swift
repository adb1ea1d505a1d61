import ChangeSinks
import PGWire
import Testing

@testable import NATSSink

@Suite struct NATSOptionsTests {
  @Test func `several servers have one user`() throws {
    let options = try NATSOptions("nats://me:a%40b@n1:4223, nats://n2,[::1]:5,nats://[::1]/")
    #expect(
      options.servers == [
        NATSServer(host: "n1", port: 4223), NATSServer(host: "n2"),
        NATSServer(host: "::1", port: 5), NATSServer(host: "::1"),
      ])
    #expect(options.authentication == .user("me", password: .text("a@b")))
    #expect(!options.tls.isRequired)
    #expect(options.engineName == "NATS at n1:4223, n2:4222, [::1]:5, [::1]:4222")
  }

  @Test func `a user without a password is a token`() throws {
    let options = try NATSOptions("tls://sesame@host")
    #expect(options.authentication == .token(.text("sesame")))
    #expect(options.tls.isRequired)
  }

  @Test(arguments: [
    "", ",", "nats://", "http://a", "nats://a:0", "nats://a:x", "nats://a:70000", "nats://::1",
    "nats://a/b", "nats://x:%4@a", "nats://@a", "nats://u:p@a,nats://v:p@b",
    "nats://[::1]x", "a:+1",
  ])
  func `other URLs are refused`(_ text: String) {
    let error = #expect(throws: SinkError.self) { try NATSOptions(text) }
    #expect(error?.category == .fatal)
  }

  @Test func `a secret is never printed`() throws {
    let options = try NATSOptions("nats://me:geheim@host")
    var printed = "\(options) \(String(reflecting: options)) "
    dump(options, to: &printed)
    #expect(!printed.contains("geheim"))
  }

  @Test func `a secret is found in the environment and in files`() throws {
    #expect(throws: SinkError.self) {
      try NATSSecret.environment("PGCDC_TEST_NOT_SET").read(for: "NATS")
    }
    #expect(throws: SinkError.self) { try NATSSecret.file("/nonexistent").read(for: "NATS") }
    #expect(try NATSSecret.environment("PATH").read(for: "NATS").isEmpty == false)
  }
}
