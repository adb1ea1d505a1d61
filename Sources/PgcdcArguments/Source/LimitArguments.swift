public import ArgumentParser
internal import PGWire
public import ReplicationCore

/// How much a server may send, and how much of it may be in memory.
public struct LimitArguments: ParsableArguments, Sendable {
  /// What may be in memory.
  @Option(
    name: .customLong("byte-budget"),
    help: "Bytes that may wait to be written before reading from the server stops.")
  public var byteBudget = ByteCountArgument(8 << 20)

  /// What a message may have.
  @Option(
    name: .customLong("max-frame-bytes"),
    help: ArgumentHelp(
      "The longest message that is taken from the server, 1GiB at most.",
      discussion: "A row is one message. One that is longer ends the command with an error."))
  public var maxFrameBytes = ByteCountArgument(1 << 30)

  /// For the parser.
  public init() {}

  /// Refuses limits that no connection can have.
  public func validate() throws {
    guard (1 << 13...1 << 30).contains(maxFrameBytes.bytes) else {
      throw ValidationError("--max-frame-bytes is 8KiB to 1GiB")
    }
  }

  /// Puts the limits into the parameters.
  public func adjust(_ params: inout ReplicationParams) {
    params.byteBudget = byteBudget.bytes
    params.limits.frames = FrameLimits(maximumLength: maxFrameBytes.bytes)
  }
}
