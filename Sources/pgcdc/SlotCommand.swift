internal import ArgumentParser
internal import PGWire
internal import ReplicationCore

struct SlotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slot",
    abstract: "Create, move, drop and look at replication slots.",
    subcommands: [Ensure.self, Advance.self, Drop.self, List.self, Show.self])

  /// A client for one slot.
  private static func client(
    _ connection: ConnectionArguments, _ slot: SlotArgument,
    _ adjust: (inout ReplicationParams) -> Void = { _ in }
  ) throws -> Client {
    var params = ReplicationParams(
      connection: try connection.options(), slot: slot.slot, publications: [])
    params.logger = connection.logger
    adjust(&params)
    do {
      return try Client(params)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  struct Ensure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make sure that a slot for pgoutput exists in this database; create it if not.")
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var slot: SlotArgument

    func validate() throws { _ = try SlotCommand.client(connection, slot) }

    func run() async throws {
      let client = try SlotCommand.client(connection, slot) { $0.createsSlot = true }
      let created = try await client.ensureSlot()
      Console.print("\(slot.slot) \(created ? "created" : "exists")")
    }
  }

  struct Advance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Move a slot forward; what lies before the position will not be delivered.")
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var slot: SlotArgument
    @Option(name: .customLong("to"), help: "The position, as X/Y.")
    var position: LSNArgument

    func validate() throws { _ = try SlotCommand.client(connection, slot) }

    func run() async throws {
      let reached = try await SlotCommand.client(connection, slot).advanceSlot(to: position.lsn)
      Console.print("\(slot.slot) \(reached)")
    }
  }

  struct Drop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Drop a slot; one that does not exist is fine.")
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var slot: SlotArgument

    func validate() throws { _ = try SlotCommand.client(connection, slot) }

    func run() async throws {
      let dropped = try await SlotCommand.client(connection, slot).dropSlot()
      Console.print("\(slot.slot) \(dropped ? "dropped" : "did not exist")")
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the server's slots.")
    @OptionGroup var connection: ConnectionArguments
    @Flag(help: "One JSON object a line.") var json = false

    func validate() throws { _ = try connection.options() }

    func run() async throws {
      let slots = try await Client.slots(connection.options())
      if json {
        for slot in slots { Console.print(SlotReport(slot).json) }
      } else {
        for line in SlotReport.table(slots) { Console.print(line) }
      }
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show one slot.")
    @OptionGroup var connection: ConnectionArguments
    @OptionGroup var slot: SlotArgument
    @Flag(help: "One JSON object.") var json = false

    func validate() throws { _ = try SlotCommand.client(connection, slot) }

    func run() async throws {
      guard let found = try await SlotCommand.client(connection, slot).slot() else {
        throw ReplicationError.slotMissing(slot.slot)
      }
      let report = SlotReport(found)
      if json { return Console.print(report.json) }
      for (name, value) in report.fields { Console.print("\(name): \(value ?? "-")") }
    }
  }
}
