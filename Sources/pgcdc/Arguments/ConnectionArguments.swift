internal import ArgumentParser
internal import Logging
internal import PGWire
internal import ReplicationCore

/// Which server, and how much to say on the way.
struct ConnectionArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The server, as a URI or key=value string.",
      discussion: "What it does not say is taken from the PG* environment, as psql takes it."))
  var url: String?

  @Option(help: "What to log on standard error: this, and what is graver.")
  var logLevel = LogLevelArgument.warning

  /// The options for connecting.
  func options() throws -> ConnectionOptions {
    do {
      return try ConnectionOptions(
        url ?? "", environment: Console.environment, fallbackApplicationName: "pgcdc")
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
