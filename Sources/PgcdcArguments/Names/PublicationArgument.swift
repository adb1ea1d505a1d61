public import ArgumentParser

/// The publications, as the commands that stream name them.
public struct PublicationArgument: ParsableArguments, Sendable {
  /// The values of the option, as they were given.
  @Option(
    name: .customLong("publication"),
    help: ArgumentHelp(
      "A publication, or several with commas between; can be given more than once.",
      discussion: "A name that has a comma or a quote goes in double quotes, as in SQL."))
  public var list: [String]

  /// For the parser.
  public init() {}

  /// The names, one by one.
  ///
  /// - Throws: `ValidationError` for an open quote, or an empty name.
  public func names() throws -> [String] { try NameArgument.split(list, "--publication") }
}
