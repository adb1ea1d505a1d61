internal import ArgumentParser
internal import PGOutput
internal import PGWire
internal import ReplicationCore

struct StreamCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream",
    abstract: "Stream a slot's changes to standard output, and acknowledge what was written.")

  @OptionGroup var arguments: StreamArguments
  @OptionGroup var snapshot: SnapshotArguments

  @Option(help: "json: one object a line; raw: the plugin's messages; events: what arrives.")
  var format = OutputFormat.json

  @Flag(name: .customLong("no-ack"), help: "Acknowledge nothing: the slot stays where it is.")
  var noAck = false

  @Option(name: .customLong("max-transactions"), help: "End after so many transactions.")
  var maxTransactions: Int?

  func validate() throws {
    if let maxTransactions, maxTransactions < 1 {
      throw ValidationError("--max-transactions must be at least 1")
    }
    try snapshot.check(startsElsewhere: arguments.startLSN != nil, format: format)
  }

  func run() async throws {
    let duplex = try await open()
    var output = StreamOutput(
      duplex, format: format, acknowledges: !noAck, maxTransactions: maxTransactions)
    do {
      try await output.run()
    } catch {
      await closing(duplex)
      throw error
    }
    await closing(duplex)
    if duplex.end == .serverShutdown {
      throw RuntimeFailure("the server is shutting down; everything it had sent was written")
    }
  }
}

extension StreamCommand {
  /// Opens the stream, after the snapshot if one is wanted.
  private func open() async throws -> Duplex {
    guard snapshot.snapshot else { return try await arguments.open(adjust) }
    let client = try arguments.client(adjust)
    let start = try await client.withExportedSnapshot(
      keepsSlotOnFailure: snapshot.keepSlot, onWait: SlotOptionArguments.tellWaits()
    ) { exported in
      var output = SnapshotOutput()
      try await output.write(exported, snapshot.options)
      return exported.consistentPoint
    }
    return try await arguments.start(client, from: start)
  }

  private func adjust(_ params: inout ReplicationParams) {
    params.advancesWhenIdle = !noAck
    params.deliversKeepAlives = format == .events
    params.decodesTransactions = format != .raw
  }
}

/// Closes the stream even if this task is cancelled.
func closing(_ duplex: Duplex) async {
  await Task { await duplex.close() }.value
}

/// What the user is told before the command ends with status 1.
struct RuntimeFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) {
    self.description = description
  }
}
