internal import ArgumentParser
internal import PGWire
internal import ReplicationCore

extension SlotCommand {
  struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Create a slot; one that exists is an error.",
      discussion: """
        A slot is made where no transaction is open that began before; what that waits for is said \
        on standard error, and there is no limit to the wait.
        """)
    @OptionGroup var slot: SlotAddress
    @OptionGroup var options: SlotOptionArguments

    @Flag(
      name: .customLong("export-snapshot"),
      help: """
        Print the name of the snapshot that sees what the slot won't deliver (for pg_dump \
        --snapshot, say), and keep it until this command is interrupted. If its session ends \
        before, that is an error.
        """)
    var exportsSnapshot = false

    @Flag(help: "With --export-snapshot: the slot too lasts as long as this command.")
    var temporary = false

    func validate() throws {
      if temporary, !exportsSnapshot {
        throw ValidationError(
          "--temporary: the slot would end with this command; use it with --export-snapshot")
      }
      _ = try client()
    }

    func run() async throws {
      let client = try client()
      let tell = SlotOptionArguments.tellWaits()
      guard exportsSnapshot else {
        let point = try await client.createSlot(options.options, onWait: tell)
        return Console.print("\(slot.slot) created at \(point)")
      }
      try await client.withExportedSnapshot(
        options.options, keepsSlotOnFailure: true, onWait: tell
      ) { snapshot in
        Console.print(
          "\(slot.slot) created at \(snapshot.consistentPoint), snapshot \(snapshot.name)")
        Console.say("the snapshot lasts until this command is interrupted")
        do throws(ReplicationError) {
          try await snapshot.waitForEnd()
        } catch {
          guard error != .cancelled else { throw error }
          throw RuntimeFailure(
            "the snapshot is gone, since its session has ended: \(error); slot \"\(slot.slot)\" is "
              + "still there: drop it, unless the snapshot had been taken by then")
        }
      }
    }

    private func client() throws -> Client {
      try SlotCommand.client(slot) { params in
        options.adjust(&params)
        params.usesTemporarySlot = temporary
      }
    }
  }

  struct Ensure: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make sure that a slot exists in this database and fits; create it if not there.")
    @OptionGroup var slot: SlotAddress
    @OptionGroup var options: SlotOptionArguments

    func validate() throws { _ = try client() }

    func run() async throws {
      let created = try await client().ensureSlot(
        options.options, onWait: SlotOptionArguments.tellWaits())
      Console.print("\(slot.slot) \(created ? "created" : "exists")")
    }

    private func client() throws -> Client {
      try SlotCommand.client(slot) { params in
        options.adjust(&params)
        params.createsSlot = true
      }
    }
  }

  struct Copy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a second slot at the place where the first one is.")
    @OptionGroup var slot: SlotAddress
    @Option(name: .customLong("to"), help: "The new slot's name.")
    var copy: String
    @Option(help: "The new slot's plugin, if not the same.")
    var plugin: String?

    func validate() throws {
      _ = try SlotCommand.client(slot)
      var other = slot
      other.slot = copy
      _ = try SlotCommand.client(other) { $0.plugin = plugin ?? $0.plugin }
    }

    func run() async throws {
      let point = try await SlotCommand.client(slot).copySlot(to: copy, plugin: plugin)
      Console.print("\(copy) created at \(point)")
    }
  }
}
