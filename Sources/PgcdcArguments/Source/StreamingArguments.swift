public import ArgumentParser

/// How large transactions are sent.
public struct StreamingArguments<Words: ProgramWords>: ParsableArguments, Sendable {
  /// Whether they are sent while they are in progress.
  @Option(
    help: ArgumentHelp(
      "Have large transactions sent while they are in progress (server 14; parallel: 16).",
      discussion: """
        What is \(Words.participle) stays the same: whole transactions, once they have committed.
        """))
  public var streaming = StreamingArgument.off

  /// For the parser.
  public init() {}
}
