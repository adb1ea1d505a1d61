internal import ArgumentParser
internal import PgcdcArguments
internal import ReplicationCore

struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look at a server and report problems, their causes and fixes.",
    discussion: """
      Nothing is changed. Exit status: 0 if there is no problem, 1 if there is, 2 if the server \
      could not be looked at.
      """)

  @OptionGroup var connection: ConnectionArguments

  @Option(help: "The slot that is to be streamed from.") var slot: String?

  @Option(
    name: .customLong("publication"),
    help: "A publication, or several with commas between; can be given more than once.")
  var publications: [String] = []

  @Option(help: "The slot's output plugin.") var plugin = "pgoutput"

  @Option(help: "How long to watch the log grow.")
  var sample = DurationArgument(.seconds(1))

  @Flag(help: "One JSON object.") var json = false

  @Flag(help: "Also list checks that passed.") var verbose = false

  func validate() throws { _ = try doctor() }

  func run() async throws {
    let diagnosis: Diagnosis
    do {
      diagnosis = try await doctor().examine()
    } catch ReplicationError.cancelled {
      throw ReplicationError.cancelled
    } catch {
      if json {
        Console.print(json: JSONValue.object([("error", .string("\(error)"))]).text)
      }
      Console.say("error: could not look: \(error)")
      throw ExitCode(2)
    }
    let report = DoctorReport(diagnosis)
    if json {
      Console.print(json: report.json.text)
    } else {
      for line in report.lines(all: verbose) { Console.print(line) }
    }
    if diagnosis.hasProblems { throw ExitCode(1) }
  }

  private func doctor() throws -> Doctor {
    if let slot { _ = try SlotCommand.client(connection, slot: slot) }
    let names = try NameArgument.split(publications, "--publication")
    var doctor = Doctor(try connection.options(), slot: slot, publications: names)
    doctor.plugin = plugin
    doctor.watchInterval = sample.duration
    return doctor
  }
}
