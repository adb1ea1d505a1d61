public import ArgumentParser
public import PGWire

/// Which server has the changes.
public struct ServerArguments<Words: ProgramWords>: ParsableArguments, Sendable {
  /// The connection string; `nil` if all is taken from the environment.
  @Option(
    help: ArgumentHelp(
      "The \(Words.server), as a URI or key=value string.",
      discussion: """
        What it does not say is taken from the PG* environment, as psql takes it. Other users of \
        this machine see the arguments of a process (ps): give a password in PGPASSWORD, in a file \
        (PGPASSFILE, ~/.pgpass) or in a service file (PGSERVICEFILE).
        """))
  public var url: String?

  /// For the parser.
  public init() {}

  /// The options for connecting.
  ///
  /// - Parameters:
  ///   - other: A connection string that was given in place of ``url``.
  ///   - program: The name that the server shows, unless the connection string has one.
  /// - Throws: `ValidationError` if the connection string can't be used.
  public func options(or other: String? = nil, program: String) throws -> ConnectionOptions {
    do {
      return try ConnectionOptions(
        url ?? other ?? "", environment: Environment.variables, fallbackApplicationName: program)
    } catch {
      throw ValidationError("\(error)")
    }
  }
}
