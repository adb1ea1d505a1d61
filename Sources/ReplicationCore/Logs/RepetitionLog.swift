internal import Logging
internal import PGWire

/// A log for conditions that may repeat without limit, because of the server or of the consumer.
///
/// Each is logged once, and then at most once a minute, with the number of repetitions that were
/// left out as `repeated`. A client has one for all of its connections, so that a stream that
/// breaks again and again does not flood the log.
final class RepetitionLog: Sendable {
  /// The logger, for messages that can't repeat.
  let logger: Logger
  private let filter = Lock(RepetitionFilter<String>())

  /// How often a step in the life of a stream is logged within a minute.
  static let burst = 5

  init(_ logger: Logger) {
    self.logger = logger
  }

  /// Logs a message, unless it repeats.
  ///
  /// - Parameters:
  ///   - condition: What distinguishes it from others with the same message; nothing that changes
  ///     with each repetition, such as a position.
  ///   - burst: How often it is logged within a minute before it is only counted.
  ///   - metadata: What is logged with it.
  func log(
    _ level: Logger.Level, _ message: Logger.Message, condition: String = "", burst: Int = 1,
    metadata: @autoclosure () -> Logger.Metadata
  ) {
    guard logger.logLevel <= level else { return }
    let repetitions = filter.withLock { filter in
      filter.repetitions(of: "\(message) \(condition)", burst: burst, at: .now())
    }
    guard let repetitions else { return }
    var metadata = metadata()
    if repetitions > 0 { metadata["repeated"] = "\(repetitions)" }
    logger.log(level: level, message, metadata: metadata)
  }

  /// Logs a notice of the server.
  ///
  /// - Parameter slot: The slot that is streamed from.
  func notice(_ notice: ServerError, slot: String) {
    log(
      notice.severity == "WARNING" ? .warning : .info, "server notice",
      condition: "\(notice.sqlState) \(notice.routine ?? "") \(notice.message)",
      metadata: ["slot": "\(slot)", "notice": "\(notice)"])
  }
}
