import ArgumentParser
import Foundation
import PGWire

struct Compare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare what an engine has with the source: every change, and every row.",
    discussion: """
      Of an engine that has records: their positions must grow within each topic, and none may be \
      there twice. They are applied in order, by the rules of the format JSON. Each change must be \
      there once: the ledger of the source says what each transaction has done. At the end every \
      table must be equal, row by row. Status 1 if anything is not as it has to be.
      """)

  @Argument(help: "redis, nats, kafka, file (of pgcdc stream --output) or postgres.")
  var engine: TrialEngine

  @OptionGroup var source: SourceArguments

  @Option(help: "The engine's URL, or the name of the files.")
  var to: String

  @Option(help: "The slot, by which the engine's state is found.")
  var slot = TrialTables.slot

  @Option(help: "The format that the sink writes; only json can be compared.")
  var format = "json"

  @Option(
    help: "Wait for the sink first, at most this number of seconds; it has to be running then.")
  var wait: Int?

  func validate() throws {
    guard format == "json" else { throw ValidationError("only --format json can be compared") }
  }

  func run() async throws {
    let connection = try await Self.connect(try source.options())
    defer { connection.close() }
    if let wait {
      try await Drain.mark(connection)
      try await Drain.wait(connection, slot: slot, timeout: .seconds(wait))
    }
    let isEqual: Bool
    if engine == .postgres {
      let options = try ConnectionOptions(
        to, environment: ProcessInfo.processInfo.environment)
      let target = try await Self.connect(options)
      defer { target.close() }
      isEqual = try await TableComparison.run(connection, target)
    } else {
      let records = try await engine.records(at: to, slot: slot)
      isEqual = try await RecordComparison(records).run(connection)
    }
    guard isEqual else { throw ExitCode(1) }
  }

  /// A connection that prints values as the format has them, and takes large tables.
  private static func connect(_ options: ConnectionOptions) async throws -> WireConnection {
    var limits = ConnectionLimits()
    limits.resultSize = 4 << 30
    return try await WireConnection.connect(
      options,
      settings: ["TimeZone": "UTC", "bytea_output": "hex", "DateStyle": "ISO"], limits: limits)
  }
}

extension TrialEngine: ExpressibleByArgument {}
