internal import ArgumentParser
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

extension SlotCommand {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the server's slots.")
    @OptionGroup var connection: ConnectionArguments
    @Flag(help: "One JSON object a line.") var json = false

    func validate() throws { _ = try connection.options() }

    func run() async throws {
      let slots = try await Client.slotHealth(connection.options())
      if json {
        for slot in slots { Console.print(json: SlotReport(slot).json.text) }
      } else {
        for line in SlotReport.table(slots) { Console.print(line) }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show one slot, what it retains, and when it will be lost.")
    @OptionGroup var slot: SlotAddress
    @Flag(help: "One JSON object.") var json = false
    @Option(help: "How long to watch the log grow.")
    var sample = DurationArgument(.milliseconds(500))

    func validate() throws { _ = try SlotCommand.client(slot) }

    func run() async throws {
      let client = try SlotCommand.client(slot)
      guard let health = try await client.slotHealth(watchingFor: sample.duration) else {
        throw ReplicationError.slotMissing(slot.slot)
      }
      let report = SlotReport(health)
      if json { return Console.print(json: report.json.text) }
      for line in report.lines { Console.print(line) }
    }
  }
}
