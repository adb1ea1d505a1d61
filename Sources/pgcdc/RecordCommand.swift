internal import ArgumentParser
internal import CDCTime
internal import ChangeFormats
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore
internal import ReplicationTestKit

struct RecordCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Keep a slot's stream in a file, for tests and replays.",
    discussion: """
      The slot is not moved. The file holds row data, but no passwords; Fixtures/README.md \
      describes its format. Without --until-lsn or --until-now it records until it is interrupted.
      """)

  @Argument(help: "The file to write, for its owner alone; what is in one that exists is lost.")
  var file: String

  @OptionGroup var arguments: StreamArguments

  func validate() throws { try FileArgument.check(file) }

  func run() async throws {
    let duplex = try await arguments.open { params in
      params.decodesTransactions = false
      params.deliversKeepAlives = true
    }
    do {
      try await record(duplex)
    } catch ReplicationError.cancelled {
      // Interrupted: what was recorded up to here is whole.
    } catch {
      await closing(duplex)
      throw error
    }
    await closing(duplex)
  }

  private func record(_ duplex: Duplex) async throws {
    var writer = try FileWriter.create(file)
    writer.buffer.append(contentsOf: header(duplex).encoded)
    var frames = 0
    do {
      while let event = try await duplex.recv() {
        guard let content = RecordedFrame.content(of: event) else { continue }
        writer.buffer.append(contentsOf: Recording.frame(content))
        frames += 1
        try writer.flushIfFull()
      }
    } catch {
      try writer.finish()
      throw error
    }
    try writer.finish()
    Console.say("\(frames) frames in \(file)")
  }

  private func header(_ duplex: Duplex) -> Recording.Header {
    Recording.Header(
      serverVersion: duplex.serverVersion, plugin: "pgoutput", options: duplex.pluginOptions)
  }
}
