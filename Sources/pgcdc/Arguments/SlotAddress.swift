internal import ArgumentParser
internal import PgcdcArguments

/// A slot and the server that has it, as `pgcdc slot` names them: each with its option, or by
/// itself, in any order.
struct SlotAddress: ParsableArguments {
  @OptionGroup private var given: ConnectionArguments

  @Argument(
    help: ArgumentHelp("The slot's name, in place of --slot.", valueName: "name"))
  var second: String?

  @Option(name: .customLong("slot"), help: "The replication slot's name: a-z, 0-9 and _.")
  var named: String?

  /// The slot's name; empty if none is given, which ``check()`` refuses.
  var slot: String {
    get { named ?? names.first ?? "" }
    set { named = newValue }
  }

  /// The server.
  var connection: ConnectionArguments {
    var connection = given
    connection.server = words.first(where: CommandLineSecrets.isConnectionString)
    return connection
  }

  /// Refuses a slot or server that is given twice, and a missing slot.
  func check() throws {
    guard named != nil || !names.isEmpty else {
      throw ValidationError("Missing expected argument '--slot <slot>'")
    }
    if let surplus = names.dropFirst(named == nil ? 1 : 0).first {
      throw ValidationError("Unexpected argument '\(surplus)'")
    }
    guard words.count(where: CommandLineSecrets.isConnectionString) <= 1 else {
      throw ValidationError("the server is given twice")
    }
  }

  private var words: [String] { [given.server, second].compactMap(\.self) }
  private var names: [String] { words.filter { !CommandLineSecrets.isConnectionString($0) } }
}
