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
  /// Apart, so that a server with many notices can't hide what the library itself has to say.
  private let notices = Lock(RepetitionFilter<String>())
  /// Longer conditions of notices are the same if this many characters of them are.
  private static let noticeLength = 200

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
    log(level, message, repetitions: repetitions, metadata: metadata())
  }

  private func log(
    _ level: Logger.Level, _ message: Logger.Message, repetitions: Int?,
    metadata: @autoclosure () -> Logger.Metadata
  ) {
    guard let repetitions else { return }
    var metadata = metadata()
    if repetitions > 0 { metadata["repeated"] = "\(repetitions)" }
    logger.log(level: level, message, metadata: metadata)
  }

  /// Logs a notice of the server.
  ///
  /// - Parameter slot: The slot that is streamed from.
  func notice(_ notice: ServerError, slot: String) {
    let level: Logger.Level = notice.severity == "WARNING" ? .warning : .info
    guard logger.logLevel <= level else { return }
    let condition = "\(notice.sqlState) \(notice.routine ?? "") \(notice.message)"
    let repetitions = notices.withLock { notices in
      notices.repetitions(of: String(condition.prefix(Self.noticeLength)), at: .now())
    }
    log(
      level, "server notice", repetitions: repetitions,
      metadata: ["slot": "\(slot)", "notice": "\(notice)"])
  }
}
