/// One thing that a scripted server does: expect a message, send some, wait, hang up.
///
/// There are ready-made ones for what servers do. For everything else a step runs code of its own:
///
///     ScriptStep("count to three") { peer in
///       for _ in 1...3 { _ = try peer.next() }
///     }
public struct ScriptStep: Sendable {
  struct Part: Sendable {
    let name: String
    let body: @Sendable (inout ScriptedPeer) throws -> Void
  }

  let parts: [Part]

  /// A step with code of its own.
  ///
  /// - Parameters:
  ///   - name: What a failure is reported under.
  ///   - body: Runs on the server's thread. What it throws ends the script.
  public init(_ name: String, _ body: @escaping @Sendable (inout ScriptedPeer) throws -> Void) {
    parts = [Part(name: name, body: body)]
  }

  /// Several steps as one.
  public init(_ steps: [ScriptStep]) {
    parts = steps.flatMap(\.parts)
  }
}

extension ScriptStep {
  /// The same step, which fails if it takes longer than this.
  ///
  /// For what a client does by itself, on its own thread. Its tasks may have to wait for those of
  /// other tests, for any time.
  public static func within(_ limit: Duration, _ step: ScriptStep) -> ScriptStep {
    ScriptStep(
      step.parts.map { part in
        ScriptStep("\(part.name) within \(limit)") { peer in
          peer.limitStep(to: limit)
          try part.body(&peer)
        }
      })
  }

  /// Sends these messages, in one piece as far as the socket accepts it.
  public static func send(_ messages: [UInt8]...) -> ScriptStep {
    let bytes = messages.flatMap(\.self)
    return ScriptStep("send \(bytes.count) bytes") { peer in try peer.send(bytes) }
  }

  /// Sends these bytes in pieces of `size`, with a pause after each.
  public static func send(
    _ bytes: [UInt8], inPiecesOf size: Int, pause: Duration = .milliseconds(1)
  ) -> ScriptStep {
    send(
      bytes, cutAt: Array(stride(from: size, to: bytes.count, by: max(size, 1))), pause: pause)
  }

  /// Sends these bytes, with a pause before each of these offsets.
  ///
  /// A client that reads at once sees the cuts where they are; a slow one sees fewer.
  public static func send(
    _ bytes: [UInt8], cutAt offsets: [Int], pause: Duration = .milliseconds(1)
  ) -> ScriptStep {
    ScriptStep("send \(bytes.count) bytes in \(offsets.count + 1) pieces") { peer in
      var start = 0
      for offset in offsets + [bytes.count] {
        try peer.send(Array(bytes[start..<offset]))
        if offset < bytes.count { try peer.pause(pause) }
        start = offset
      }
    }
  }

  /// Does nothing for a while but take in what the client sends.
  public static func pause(_ duration: Duration) -> ScriptStep {
    ScriptStep("pause for \(duration)") { peer in try peer.pause(duration) }
  }

  /// Does nothing for a while, and reads nothing: as a server that hangs.
  public static func stall(_ duration: Duration) -> ScriptStep {
    ScriptStep("stall for \(duration)") { peer in try peer.stall(duration) }
  }

  /// Closes the connection cleanly.
  ///
  /// It is a session's last step, and what a session ends with anyway.
  public static func close() -> ScriptStep {
    ScriptStep("close") { peer in peer.isClosed = true }
  }

  /// Breaks the connection off: the client's socket reports a reset.
  ///
  /// It is a session's last step. A Unix socket has no reset and ends as by ``close()``.
  public static func reset() -> ScriptStep {
    ScriptStep("reset") { peer in
      peer.resetWhenClosed()
      peer.isClosed = true
    }
  }
}
