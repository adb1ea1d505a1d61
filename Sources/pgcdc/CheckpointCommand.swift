internal import ArgumentParser
internal import PgcdcArguments
internal import ReplicationCore

struct CheckpointCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "checkpoint",
    abstract: "Look at the files that stream --checkpoint keeps.",
    subcommands: [Show.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show what a checkpoint holds: the position, and how far each table is.",
      discussion: """
        The file is read and not changed; a stream may be using it. Tables are shown by OID; \
        SELECT 16384::regclass returns the name. The bounds of ranges are values of the keys.
        """)

    @Argument(help: "The file.") var file: String
    @Flag(help: "One JSON object.") var json = false

    func validate() throws { try FileArgument.check(file) }

    func run() async throws {
      guard let checkpoint = try await FileCheckpointStore(path: file).load() else {
        throw RuntimeFailure("there is no file \(file)")
      }
      let report = CheckpointReport(checkpoint)
      if json { return Console.print(json: report.json.text) }
      for line in report.lines { Console.print(line) }
    }
  }
}
