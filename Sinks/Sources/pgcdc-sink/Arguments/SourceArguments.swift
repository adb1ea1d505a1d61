internal import ArgumentParser
internal import Logging
internal import PgcdcArguments
internal import ReplicationCore

/// The source: which server, slot and publications, and how they are read.
struct SourceArguments: ParsableArguments {
  @OptionGroup private var server: ServerArguments<Writing>

  @Option(
    help: ArgumentHelp(
      "The replication slot's name: a-z, 0-9 and _.",
      discussion: "The engine keeps under this name how far it is."))
  var slot: String

  @OptionGroup private var publication: PublicationArgument

  @Flag(help: "Create the slot if it does not exist and the engine has nothing yet.")
  var createSlot = false

  @OptionGroup private var sending: StreamingArguments<Writing>
  @OptionGroup private var delivery: DeliveryArguments<Writing>

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
    var params = ReplicationParams(
      connection: try server.options(program: "pgcdc-sink"), slot: slot,
      publications: try publication.names())
    params.createsSlot = createSlot
    params.streaming = sending.streaming.streaming
    delivery.adjust(&params)
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
