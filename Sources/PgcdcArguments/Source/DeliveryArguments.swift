public import ArgumentParser
public import ReplicationCore

/// What is asked for of the server, and how much of it.
public struct DeliveryArguments<Words: ProgramWords>: ParsableArguments, Sendable {
  /// Whether logical messages are sent.
  @Flag(help: "Also deliver what pg_logical_emit_message writes (server 14).")
  public var messages = false

  /// Whether values are sent in their binary form.
  @Flag(help: "Ask for values in binary (server 14); what is \(Words.participle) stays the same.")
  public var binary = false

  /// Which changes are sent, by where they were made.
  @Option(help: "Changes from where: any, or none for those made on the server itself (server 16).")
  public var origin = OriginArgument.any

  /// How often the server hears how far the program is.
  @Option(name: .customLong("status-interval"), help: "The longest time between reports.")
  public var statusInterval = DurationArgument(.seconds(10))

  /// How much the server may send.
  @OptionGroup public var limits: LimitArguments

  /// For the parser.
  public init() {}

  /// Puts what is asked for into the parameters.
  public func adjust(_ params: inout ReplicationParams) {
    params.deliversMessages = messages
    params.prefersBinary = binary
    params.origin = origin.origin
    params.statusInterval = statusInterval.duration
    limits.adjust(&params)
  }
}
