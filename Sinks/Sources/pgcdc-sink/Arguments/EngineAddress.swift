internal import ArgumentParser
internal import ChangeSinks
internal import Foundation
internal import PgcdcArguments
internal import ReplicationCore

/// Where an engine is.
struct EngineAddress: ParsableArguments {
  @Option(
    name: .customLong("to"),
    help: ArgumentHelp(
      "The engine's URL.",
      discussion: """
        Other users of this machine see the arguments of a process (ps): for a URL with a password \
        use --to-file, or set PGCDC_SINK_URL.
        """, valueName: "url"))
  var url: String?

  @Option(
    name: .customLong("to-file"),
    help: ArgumentHelp("A file that has the engine's URL, and nothing else.", valueName: "file"))
  var file: String?

  func validate() throws {
    if url != nil, file != nil { throw ValidationError("--to and --to-file exclude each other") }
  }

  /// The URL, from the option, the file or the environment.
  func found() throws -> String {
    if let url { return url }
    if let file { return try ValidationError.checking { try SmallFile.line(at: file) } }
    if let url = ProcessInfo.processInfo.environment["PGCDC_SINK_URL"], !url.isEmpty { return url }
    throw ValidationError("the engine is missing: --to URL, --to-file FILE, or PGCDC_SINK_URL")
  }
}

/// How batches are written.
struct BatchArguments: ParsableArguments {
  @Option(
    name: .customLong("batch-bytes"),
    help: ArgumentHelp(
      "Bytes after which no more is put into a batch.",
      discussion: "Two batches are in memory at a time. A slow stream has small ones."))
  var batchBytes = ByteCountArgument(1 << 20)

  @Option(
    name: .customLong("retry-timeout"),
    help: "How long to try again after an error; indefinitely if not given.")
  var retryTimeout: DurationArgument?

  /// The options, with those of the subscription.
  func options(_ subscription: SubscriptionOptions) -> ConnectorOptions {
    var options = ConnectorOptions()
    options.subscription = subscription
    options.limits.bytes = batchBytes.bytes
    options.retry.timeout = retryTimeout?.duration
    return options
  }
}
