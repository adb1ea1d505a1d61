internal import ArgumentParser
internal import PGWire
internal import ReplicationCore

struct SlotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "slot",
    abstract: "Create, change, move, drop and look at replication slots.",
    subcommands: [
      Create.self, Ensure.self, Alter.self, Copy.self, Advance.self, TakeOver.self, Drop.self,
      List.self, Show.self,
    ])

  /// A client for one slot.
  static func client(
    _ address: SlotAddress, _ adjust: (inout ReplicationParams) -> Void = { _ in }
  ) throws -> Client {
    try address.check()
    return try client(address.connection, slot: address.slot, adjust)
  }

  /// A client for one slot.
  static func client(
    _ connection: ConnectionArguments, slot: String,
    _ adjust: (inout ReplicationParams) -> Void = { _ in }
  ) throws -> Client {
    var params = ReplicationParams(
      connection: try connection.options(), slot: slot, publications: [])
    params.logger = connection.logger
    adjust(&params)
    do {
      return try Client(params)
    } catch {
      throw ValidationError("\(error)")
    }
  }
}

/// What a new slot is made for.
struct SlotOptionArguments: ParsableArguments {
  @Option(help: "The output plugin.") var plugin = "pgoutput"

  @Option(
    name: .customLong("publication"),
    help: "A publication that has to exist before the slot; can be given more than once.")
  var publications: [String] = []

  @Flag(name: .customLong("two-phase"), help: "Decode prepared transactions early (server 15).")
  var twoPhase = false

  @Flag(help: "Let standbys keep a copy of the slot (server 17).")
  var failover = false

  /// The properties that the slot must have: those that were not given don't matter.
  var options: SlotOptions {
    SlotOptions(isTwoPhase: twoPhase ? true : nil, isFailover: failover ? true : nil)
  }

  func adjust(_ params: inout ReplicationParams) {
    params.plugin = plugin
    params.publications = publications
  }

  /// Reports on standard error what the creation waits for, whenever that changes.
  static func tellWaits() -> @Sendable (SlotWait) -> Void {
    let told = LastWords()
    return { wait in
      let words = "\(wait)"
      if told.isNew(words) { Console.say("\(words)") }
    }
  }
}

/// `on` or `off`.
enum Switch: String, ExpressibleByArgument, CaseIterable {
  case on
  case off

  var isOn: Bool { self == .on }
}
