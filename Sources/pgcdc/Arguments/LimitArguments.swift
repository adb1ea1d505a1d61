internal import ArgumentParser
internal import PGWire
internal import ReplicationCore

/// How much a server may send, and how much of it may be in memory.
struct LimitArguments: ParsableArguments {
  @Option(
    name: .customLong("byte-budget"),
    help: "Bytes that may wait to be written before reading from the server stops.")
  var byteBudget = ByteCountArgument(8 << 20)

  @Option(
    name: .customLong("max-frame-bytes"),
    help: ArgumentHelp(
      "The longest message that is taken from the server, 1GiB at most.",
      discussion: "A row is one message. One that is longer ends the command with an error."))
  var maxFrameBytes = ByteCountArgument(1 << 30)

  func validate() throws {
    guard (1 << 13...1 << 30).contains(maxFrameBytes.bytes) else {
      throw ValidationError("--max-frame-bytes is 8KiB to 1GiB")
    }
  }

  func adjust(_ params: inout ReplicationParams) {
    params.byteBudget = byteBudget.bytes
    params.limits.frames = FrameLimits(maximumLength: maxFrameBytes.bytes)
  }
}
