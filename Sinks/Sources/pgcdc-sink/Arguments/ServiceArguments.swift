internal import ArgumentParser
internal import PgcdcArguments

/// How the program runs its connectors.
struct ServiceArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Answer /health and /metrics over HTTP at this port, or at HOST:PORT.",
      discussion: """
        With a port alone it listens on 127.0.0.1. Anyone who can connect may ask, and sees the \
        names of slots and connectors, and the last error of one without a stream: hosts, users, \
        tables, the servers' words. /health is 200 while every connector has an open stream, \
        reads its initial snapshot, or is in its first minute, and 503 otherwise. /metrics is for \
        Prometheus; to say the lag, the server is asked every ten seconds over another connection.
        """, valueName: "address"))
  var http: HTTPAddress?

  @Option(
    name: .customLong("stop-timeout"),
    help: "How long connectors may take to end cleanly after SIGTERM or SIGINT.")
  var stopTimeout = DurationArgument(.seconds(30))

  @Option(
    name: .customLong("log-level"),
    help: "The minimum level of what is logged on standard error. (default: warning)")
  var logLevel: LogLevelArgument?
}

extension HTTPAddress: ExpressibleByArgument {
  init?(argument: String) { self.init(argument) }
}
