internal import ArgumentParser
internal import Logging
internal import PGWire
internal import ReplicationCore

/// Which server, and how much to log.
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

  @Option(help: "The minimum level of what is logged on standard error.")
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
    // It is called for each message, before that is written.
    let eraser = Logger.MetadataProvider {
      Console.eraseOpenLine()
      return [:]
    }
    var logger = Logger(label: "pgcdc") {
      StreamLogHandler.standardError(label: $0, metadataProvider: eraser)
    }
    logger.logLevel = logLevel.level
    return logger
  }
}
