internal import ArgumentParser
internal import ChangeFormats
internal import PGOutput
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Read what a slot has and drop it, to measure how fast this machine is.",
    discussion: """
      The slot is not moved. It ends after --count messages, or when the server has nothing more \
      to send: at a keepalive that asks for a reply.
      """)

  enum Mode: String, ExpressibleByArgument, CaseIterable {
    case frames
    case events
    case changes
    case rows
    case transactions
    case json
    case debezium
  }

  @OptionGroup var connection: ConnectionArguments
  @OptionGroup var slot: SlotArgument
  @OptionGroup var publication: PublicationArgument

  @Option(
    help: """
      frames: boundaries only; events: what recv() returns; changes: every column of every row \
      visited; rows: decoded to typed Swift values; transactions: the same through a \
      Subscription, assembled and iterated; json, debezium: the lines of --format json or \
      debezium, built and dropped.
      """)
  var mode = Mode.events

  @Option(help: "End after this number of messages.")
  var count = Int.max

  @OptionGroup var limits: LimitArguments

  @Flag(help: "One JSON object, times in seconds.")
  var json = false

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count must be at least 1") }
    _ = try client()
  }

  private func client() throws -> Client {
    var params = ReplicationParams(
      connection: try connection.options(), slot: slot.slot, publications: try publication.names())
    params.deliversKeepAlives = true
    limits.adjust(&params)
    params.logger = connection.logger
    do {
      return try Client(params)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private func debeziumFormat() throws -> DebeziumFormat {
    DebeziumFormat(
      options: DebeziumFormat.Options(
        name: slot.slot, database: try connection.options().database,
        version: PGCDC.version))
  }

  func run() async throws {
    // A replay server may play its recording many times over.
    let client = try client()
    let duplex = try await client.startReplication(
      tuning: mode == .transactions ? .recordedSubscription : .recording)
    var drain = Drain(limit: count)
    let clock = ContinuousClock()
    let start = clock.now
    let before = ResourceUsage.now()
    do {
      switch mode {
      case .frames: try await drain.frames(duplex)
      case .events: try await drain.events(duplex)
      case .changes: try await drain.changes(duplex)
      case .rows: try await drain.rows(duplex)
      case .transactions:
        try await drain.transactions(Subscription(recording: duplex, of: client))
      case .json: try await drain.lines(duplex, as: JSONLineFormat())
      case .debezium: try await drain.lines(duplex, as: debeziumFormat())
      }
    } catch {
      await closing(duplex)
      if let error = error as? FormatError { throw error.explained }
      throw error
    }
    let wall = clock.now - start
    let after = ResourceUsage.now()
    await closing(duplex)
    let report = DrainReport(
      mode: mode.rawValue, totals: drain.totals, wall: wall / .seconds(1),
      user: after.user - before.user, system: after.system - before.system,
      maxResidentBytes: after.maxResidentBytes)
    if json { Console.print(json: report.json) } else { Console.print(report.text) }
  }
}
