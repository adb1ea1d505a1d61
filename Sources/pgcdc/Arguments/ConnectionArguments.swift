internal import ArgumentParser
internal import Logging
internal import PGWire
internal import PgcdcArguments

/// Which server, and how much to log.
struct ConnectionArguments: ParsableArguments {
  @OptionGroup private var address: ServerArguments<Printing>

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
      guard address.url == nil else {
        throw ValidationError("the server is given twice: with --url, and by itself")
      }
    }
    return try address.options(or: server, program: "pgcdc")
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
