internal import ArgumentParser
internal import Logging
internal import PGWire
internal import ReplicationCore

/// Which server, and how much to say on the way.
struct ConnectionArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The server, as a URI or key=value string.",
      discussion: """
        What it does not say is taken from the PG* environment, as psql takes it. Other users of \
        this machine see the arguments of a process (ps): give a password in PGPASSWORD, in a file \
        (PGPASSFILE, ~/.pgpass) or in a service file (PGSERVICEFILE).
        """))
  var url: String?

  @Argument(help: ArgumentHelp("The server, in place of --url.", valueName: "connection"))
  var server: String?

  @Option(help: "What to log on standard error: this, and what is graver.")
  var logLevel = LogLevelArgument.warning

  /// The options for connecting.
  func options() throws -> ConnectionOptions {
    if let server {
      guard CommandLineSecrets.isConnectionString(server) else {
        throw ValidationError("Unexpected argument '\(server)'")
      }
      guard url == nil else {
        throw ValidationError("the server is given twice: with --url, and by itself")
      }
    }
    do {
      return try ConnectionOptions(
        url ?? server ?? "", environment: Environment.variables, fallbackApplicationName: "pgcdc")
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// A logger for standard error.
  var logger: Logger {
    var logger = Logger(label: "pgcdc") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = logLevel.level
    return logger
  }
}

/// The slot, as most subcommands name it.
struct SlotArgument: ParsableArguments {
  @Option(help: "The replication slot's name: a-z, 0-9 and _.")
  var slot: String
}

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

  /// Refuses what is there twice, or not at all.
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

/// The publications, as the commands that stream name them.
struct PublicationArgument: ParsableArguments {
  @Option(
    name: .customLong("publication"),
    help: ArgumentHelp(
      "A publication, or several with commas between; can be given more than once.",
      discussion: "A name that has a comma or a quote goes in double quotes, as in SQL."))
  var list: [String]

  /// The names, one by one.
  func names() throws -> [String] { try Self.split(list) }

  static func split(_ list: [String]) throws -> [String] {
    let names = try list.flatMap { text in
      guard let names = NameList.names(in: text) else {
        throw ValidationError(
          "--publication \(text): a quote isn't closed, or something else than a comma follows")
      }
      return names
    }
    guard !names.contains(where: \.isEmpty) else {
      throw ValidationError("a publication's name can't be empty")
    }
    return names
  }
}
