internal import CReplicationSystem
internal import ArgumentParser
internal import PGWire
internal import ReplicationCore

struct PGCDC: AsyncParsableCommand {
  static let version = "0.2.0"

  static let configuration = CommandConfiguration(
    commandName: "pgcdc",
    abstract: "PostgreSQL's changes over logical replication.",
    version: version,
    subcommands: [
      StreamCommand.self, CheckpointCommand.self, SlotCommand.self, DoctorCommand.self,
      DrainCommand.self, RecordCommand.self, ReplayCommand.self, DemoCommand.self,
    ])
}

@main struct Main {
  static func main() async {
    let hasOutput = StandardDescriptors.open()
    if let shortage = StandardDescriptors.shortage() { refuse("\(shortage)") }
    guard hasOutput else { refuse("standard output is closed") }
    Signals.takeOver()
    let work = Task { try await parseAndRun() }
    Signals.onFirst { work.cancel() }
    let result = await work.result
    if let code = Signals.exitCode { PGCDC.exit(withError: ExitCode(code)) }
    if case .failure(let error) = result { fail(error) }
    switch Console.outputFailure {
    case nil: break
    case EPIPE: PGCDC.exit(withError: ExitCode(ReaderWatch.status))
    case let code?: refuse("cannot write the output: \(describeErrno(code))")
    }
  }

  private static func refuse(_ why: ScreenText) -> Never {
    Console.say("error: \(why)")
    PGCDC.exit(withError: ExitCode.failure)
  }

  private static func parseAndRun() async throws {
    let command: any ParsableCommand
    do {
      command = try PGCDC.parseAsRoot()
    } catch {
      UsageError.exit(with: error)
    }
    if var command = command as? any AsyncParsableCommand {
      try await command.run()
    } else {
      var command = command
      try command.run()
    }
  }

  /// ArgumentParser reports wrong usage and requests for help; everything else is status 1.
  private static func fail(_ error: any Error) -> Never {
    // A command that has reported everything itself ends with only a status.
    if error is ExitCode { PGCDC.exit(withError: error) }
    if PGCDC.exitCode(for: error) != .failure { UsageError.exit(with: error) }
    // A reader that has closed its end, such as `head`, is not reported as a failure.
    if (error as? FileError)?.isReaderGone == true {
      PGCDC.exit(withError: ExitCode(ReaderWatch.status))
    }
    refuse("\(error)")
  }
}
