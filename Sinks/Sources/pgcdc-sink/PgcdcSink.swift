internal import ArgumentParser
internal import CSinkSystem

struct PgcdcSink: AsyncParsableCommand {
  static let version = "0.2.0"

  static let configuration = CommandConfiguration(
    commandName: "pgcdc-sink",
    abstract: "Write PostgreSQL's changes into other systems, exactly once.",
    version: version,
    subcommands: [
      RedisCommand.self, NATSCommand.self, KafkaCommand.self, PostgresCommand.self,
      RunCommand.self,
    ])
}

@main struct Main {
  static func main() async {
    guard sinksys_open_standard() == 0 else { sinksys_exit_now(ExitCode.failure.rawValue) }
    Signals.takeOver()
    let failure = await parseAndRun()
    if let code = Signals.exitCode { PgcdcSink.exit(withError: ExitCode(code)) }
    if let failure { fail(failure) }
  }

  private static func parseAndRun() async -> (any Error)? {
    do {
      let command = try PgcdcSink.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        var command = command
        try command.run()
      }
      return nil
    } catch {
      return error
    }
  }

  /// Status 64 for wrong usage, 0 for help that was asked for, and 1 for everything else.
  private static func fail(_ error: any Error) -> Never {
    // A command that has reported everything itself ends with only a status.
    if error is ExitCode { PgcdcSink.exit(withError: error) }
    switch PgcdcSink.exitCode(for: error) {
    case .validationFailure:
      Console.putUsage(PgcdcSink.fullMessage(for: error))
      PgcdcSink.exit(withError: ExitCode.validationFailure)
    case .failure:
      Console.say("error: \(error)")
      PgcdcSink.exit(withError: ExitCode.failure)
    default: PgcdcSink.exit(withError: error)
    }
  }
}
