internal import ArgumentParser
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

extension SlotCommand {
  struct Alter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Change what a slot is made for; nobody may be streaming from it.")
    @OptionGroup var slot: SlotAddress
    @Option(help: "Whether standbys keep a copy of the slot: on or off (server 17).")
    var failover: Switch?
    @Option(
      name: .customLong("two-phase"),
      help: "Whether prepared transactions are decoded early: on or off (server 18).")
    var twoPhase: Switch?

    func validate() throws {
      if failover == nil, twoPhase == nil {
        throw ValidationError("nothing to alter: give --failover or --two-phase")
      }
      _ = try SlotCommand.client(slot)
    }

    func run() async throws {
      try await SlotCommand.client(slot).alterSlot(
        SlotOptions(isTwoPhase: twoPhase?.isOn, isFailover: failover?.isOn))
      Console.print("\(slot.slot) altered")
    }
  }

  struct Advance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Move a slot forward; what lies before the position will not be delivered.")
    @OptionGroup var slot: SlotAddress
    @Option(name: .customLong("to"), help: "The position, as X/Y.")
    var position: LSNArgument

    func validate() throws { _ = try SlotCommand.client(slot) }

    func run() async throws {
      let reached = try await SlotCommand.client(slot).advanceSlot(to: position.lsn)
      Console.print("\(slot.slot) \(reached)")
    }
  }

  struct TakeOver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "take-over",
      abstract: "End the session that holds a slot, if it is the one described, and wait.")
    @OptionGroup var slot: SlotAddress
    @Option(name: .customLong("application-name"), help: "The holder's application_name.")
    var applicationName: String?
    @Option(help: "The holder's role.") var user: String?
    @Option(name: .customLong("client-address"), help: "The holder's address.")
    var clientAddress: String?
    @Option(help: "The holder's server process.") var pid: Int32?
    @Option(help: "How long to wait for the slot to be free.")
    var timeout = DurationArgument(.seconds(10))

    func validate() throws {
      if applicationName == nil, user == nil, clientAddress == nil, pid == nil {
        throw ValidationError(
          "say whose session may be ended: --application-name, --user, --client-address or --pid")
      }
      _ = try SlotCommand.client(slot)
    }

    func run() async throws {
      let ended = try await SlotCommand.client(slot).takeOver(
        TakeOverPolicy(
          applicationName: applicationName, user: user, clientAddress: clientAddress, pid: pid,
          timeout: timeout.duration))
      let state = ended.map { "is free; ended \($0)" } ?? "was free"
      Console.print("\(slot.slot) \(state)")
    }
  }

  struct Drop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Drop a slot; one that does not exist is fine.")
    @OptionGroup var slot: SlotAddress
    @Option(help: "How long to wait for a session that streams from it, 30s for example.")
    var wait: DurationArgument?

    func validate() throws { _ = try SlotCommand.client(slot) }

    func run() async throws {
      let dropped = try await SlotCommand.client(slot).dropSlot(
        deadline: wait.map { ContinuousClock.now + $0.duration })
      Console.print("\(slot.slot) \(dropped ? "dropped" : "did not exist")")
    }
  }
}
