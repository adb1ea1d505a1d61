internal import ArgumentParser
internal import PGWire
internal import PgcdcArguments
internal import ReplicationCore

/// What the commands that stream have in common: which slot, from where, up to where.
struct StreamArguments: ParsableArguments {
  @OptionGroup var connection: ConnectionArguments
  @OptionGroup var slot: SlotArgument
  @OptionGroup var publication: PublicationArgument

  @Flag(help: "Create the slot if it does not exist.")
  var createSlot = false

  @Flag(help: "Use a slot that lasts as long as this command; it is created.")
  var temporary = false

  @Option(
    name: .customLong("start-lsn"),
    help: "Where to begin (X/Y), unless the slot is already past it.")
  var startLSN: LSNArgument?

  @Option(
    name: .customLong("until-lsn"),
    help: "End after every transaction whose commit LSN is at or below this (X/Y).")
  var untilLSN: LSNArgument?

  @Flag(name: .customLong("until-now"), help: "End at the server's position at the start.")
  var untilNow = false

  @Option(
    name: .customLong("proto-version"),
    help: "The version of pgoutput's protocol; the highest that the server has, if not given.")
  var protoVersion: ProtocolVersionArgument?

  @OptionGroup private var sending: StreamingArguments<Printing>

  @Flag(
    name: .customLong("two-phase"),
    help: "Prepared transactions when they are prepared (server 15); --create-slot makes it so.")
  var twoPhase = false

  @Flag(
    name: .customLong("convert-slot"),
    help: "With --two-phase: let a slot that isn't made for it be changed, for good.")
  var convertSlot = false

  @Flag(
    name: .customLong("skip-missing-publications"),
    help: ArgumentHelp(
      "Continue where a publication did not exist when a change was made (server 18).",
      discussion: "Such changes are lost; without this it is an error, as on servers up to 17."))
  var skipMissingPublications = false

  @OptionGroup private var delivery: DeliveryArguments<Printing>

  /// Whether large transactions are sent while they are in progress.
  var streaming: StreamingArgument { sending.streaming }

  /// Whether values are sent in their binary form.
  var binary: Bool { delivery.binary }

  func validate() throws {
    if convertSlot, !twoPhase { throw ValidationError("--convert-slot requires --two-phase") }
    if untilNow, untilLSN != nil {
      throw ValidationError("--until-lsn and --until-now exclude each other")
    }
    _ = try client()
  }

  /// The parameters, checked; `adjust` adds what the command itself decides.
  func client(_ adjust: (inout ReplicationParams) -> Void = { _ in }) throws -> Client {
    var params = ReplicationParams(
      connection: try connection.options(), slot: slot.slot,
      publications: try publication.names())
    params.createsSlot = createSlot || temporary
    params.usesTemporarySlot = temporary
    params.protocolVersion = protoVersion?.version ?? .automatic
    params.streaming = streaming.streaming
    params.usesTwoPhase = twoPhase
    params.convertsToTwoPhase = convertSlot
    params.stopAt = untilLSN?.lsn
    params.skipsMissingPublications = skipMissingPublications
    delivery.adjust(&params)
    params.logger = connection.logger
    adjust(&params)
    do {
      return try Client(params)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// Makes sure of the slot and opens the stream.
  func open(_ adjust: (inout ReplicationParams) -> Void = { _ in }) async throws -> Duplex {
    let client = try client(adjust)
    try await client.ensureSlot()
    return try await start(client, from: startLSN?.lsn)
  }

  /// Opens the stream of a slot that is there.
  func start(_ client: Client, from lsn: LSN?) async throws -> Duplex {
    let opened = try await bounded(client)
    return try await retryOnSlotActive(maxRetries: 4) { () async throws(ReplicationError) in
      do throws(ReplicationError) {
        return try await opened.startReplication(from: lsn)
      } catch {
        if error.isSlotActive { Console.say("waiting for the slot: \(error)") }
        throw error
      }
    }
  }

  /// A client whose stream ends at the server's position now, if that is asked for.
  func bounded(_ client: Client) async throws -> Client {
    guard untilNow else { return client }
    let now = try await client.insertLSN()
    client.closeControl()  // Another client streams, and the role may have just one connection.
    // The position is where the next record goes: what lies at or below the byte before is there.
    return try client.with { $0.stopAt = now.predecessor }
  }
}
