import ChangeSinks
import Foundation
import ReplicationCore
import Testing

@testable import NATSSink

/// The server that the tests use: `PGCDC_NATS_URL`, on this machine, with JetStream.
enum TestNATS {
  static let url = ProcessInfo.processInfo.environment["PGCDC_NATS_URL"]

  /// On CI a test that can't run is a failure.
  static let isOnCI = !["", "0", "false"].contains(
    ProcessInfo.processInfo.environment["CI"] ?? "")

  /// Passes options for a stream of a name of its own, and deletes the stream afterwards.
  static func withStream<R>(
    _ change: (inout NATSOptions) -> Void = { _ in },
    _ body: (NATSOptions) async throws -> R
  ) async throws -> R {
    var options = try NATSOptions(try #require(url))
    options.stream.name = "test_\(UInt64.random(in: .min ... .max))"
    options.timeout = .seconds(20)
    change(&options)
    defer { deleteStream(of: options) }
    return try await body(options)
  }

  /// Asks JetStream something.
  @discardableResult
  static func ask(_ call: String, _ options: NATSOptions, _ body: String = "") throws -> JSONValue {
    try NATSLink.open(options).ask(call, body)
  }

  /// Publishes a message without a word of the one before, as somebody else would.
  static func publish(_ text: String, on subject: String, _ options: NATSOptions) throws {
    let bytes = Array(text.utf8)
    try publish(bytes, on: subject, [], try NATSLink.open(options))
  }

  /// Publishes a message, and waits until it is stored.
  static func publish(
    _ bytes: [UInt8], on subject: String, _ headers: [(name: String, value: String)],
    _ link: NATSLink
  ) throws {
    try link.publish(to: subject, bytes.span, headers: headers, number: 1)
    let payload = try link.nextAnswer().payload
    let answer = try #require(JSONValue(payload))
    #expect(PubAck(answer) != nil, "\(answer)")
  }

  private static func deleteStream(of options: NATSOptions) {
    _ = try? ask("STREAM.DELETE.\(options.stream.name ?? "")", options)
  }
}
