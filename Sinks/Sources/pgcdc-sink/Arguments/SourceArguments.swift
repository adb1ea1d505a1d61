internal import ArgumentParser
internal import Foundation
internal import Logging
internal import PGWire
internal import ReplicationCore

/// The source: which server, slot and publications, and how they are read.
struct SourceArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The source server, as a URI or key=value string.",
      discussion: """
        What it does not say is taken from the PG* environment, as psql takes it. Other users of \
        this machine see the arguments of a process (ps): give a password in PGPASSWORD, in a file \
        (PGPASSFILE, ~/.pgpass) or in a service file (PGSERVICEFILE).
        """))
  var url: String?

  @Option(
    help: ArgumentHelp(
      "The replication slot's name: a-z, 0-9 and _.",
      discussion: "The engine keeps under this name how far it is."))
  var slot: String

  @Option(
    name: .customLong("publication"),
    help: ArgumentHelp(
      "A publication, or several with commas between; can be given more than once.",
      discussion: "A name that has a comma or a quote goes in double quotes, as in SQL."))
  var publications: [String]

  @Flag(help: "Create the slot if it does not exist and the engine has nothing yet.")
  var createSlot = false

  @Option(
    help: ArgumentHelp(
      "Have large transactions sent while they are in progress (server 14; parallel: 16).",
      discussion: "They are written once they have committed, in any case."))
  var streaming = StreamingArgument.off

  @Flag(help: "Also write what pg_logical_emit_message writes (server 14).")
  var messages = false

  @Flag(help: "Ask for values in binary (server 14); what is written stays the same.")
  var binary = false

  @Option(help: "Changes from where: any, or none for those made on the server itself (server 16).")
  var origin = OriginArgument.any

  @Option(name: .customLong("status-interval"), help: "The longest time between reports.")
  var statusInterval = DurationArgument(.seconds(10))

  @Option(
    name: .customLong("byte-budget"),
    help: "Bytes that may wait to be written before reading from the server stops.")
  var byteBudget = ByteCountArgument(8 << 20)

  @Option(
    name: .customLong("spill-directory"),
    help: "Where transactions wait for their commit that don't fit into memory.")
  var spillDirectory = "/tmp"

  @Flag(
    name: .customLong("accept-upgraded"),
    help: ArgumentHelp(
      "Continue on a server that was upgraded by pg_upgrade since.",
      discussion: """
        It has to have the slot, for the same plugin and database, beyond the engine's position, \
        in a later version (from 17 on). pg_upgrade keeps slots only if everything in them was \
        delivered.
        """))
  var acceptUpgraded = false

  /// What is replicated.
  func params(_ logger: Logger) throws -> ReplicationParams {
    let connection: ConnectionOptions
    do {
      connection = try ConnectionOptions(
        url ?? "", environment: ProcessInfo.processInfo.environment,
        fallbackApplicationName: "pgcdc-sink")
    } catch {
      throw ValidationError("\(error)")
    }
    var params = ReplicationParams(
      connection: connection, slot: slot,
      publications: try NameArgument.split(publications, "--publication"))
    params.createsSlot = createSlot
    params.streaming = streaming.streaming
    params.deliversMessages = messages
    params.prefersBinary = binary
    params.origin = origin.origin
    params.statusInterval = statusInterval.duration
    params.byteBudget = byteBudget.bytes
    params.logger = logger
    return params
  }

  /// How it is read.
  func options() -> SubscriptionOptions {
    var options = SubscriptionOptions()
    options.spillDirectory = spillDirectory
    if acceptUpgraded {
      options.acceptsLoss = { proof in if case .upgraded = proof { true } else { false } }
    }
    return options
  }
}

/// Whether large transactions are sent while they are in progress.
enum StreamingArgument: String, ExpressibleByArgument, CaseIterable {
  case off, on, parallel

  var streaming: ReplicationParams.Streaming {
    switch self {
    case .off: .off
    case .on: .on
    case .parallel: .parallel
    }
  }
}

/// Which changes are wanted, by where they came from.
enum OriginArgument: String, ExpressibleByArgument, CaseIterable {
  case any
  case none

  var origin: ReplicationParams.OriginFilter {
    switch self {
    case .any: .any
    case .none: .none
    }
  }
}
