internal import Logging
internal import PGWire

/// The log messages of the stream's thread.
///
/// Never a password, never row data.
struct StreamLog: Sendable {
  let logger: Logger
  let slot: String

  func feedback(_ update: StandbyStatusUpdate) {
    logger.trace(
      "feedback",
      metadata: [
        "slot": "\(slot)", "write": "\(update.write)", "flush": "\(update.flush)",
        "apply": "\(update.apply)", "replyRequested": "\(update.replyRequested)",
      ])
  }

  /// - Parameter repetitions: How often the same notice was suppressed since it was last logged.
  func notice(_ notice: ServerError, repetitions: Int) {
    let level: Logger.Level = notice.severity == "WARNING" ? .warning : .info
    var metadata: Logger.Metadata = ["slot": "\(slot)", "notice": "\(notice)"]
    if repetitions > 0 { metadata["repeated"] = "\(repetitions)" }
    logger.log(level: level, "server notice", metadata: metadata)
  }

  func parameterChanged(_ name: String, _ value: String) {
    logger.debug(
      "server parameter changed",
      metadata: ["slot": "\(slot)", "name": "\(name.displayed)", "value": "\(value.displayed)"])
  }
}

extension StreamLog {
  func ended(_ end: StreamEnd) {
    switch end {
    case .closed: logger.info("stream closed", metadata: ["slot": "\(slot)"])
    case .serverShutdown:
      logger.notice("stream ended by the server's shutdown", metadata: ["slot": "\(slot)"])
    case .failed(let error) where error.isCancellation:
      logger.info("stream closed", metadata: ["slot": "\(slot)"])
    case .failed(let error):
      logger.error("stream failed", metadata: ["slot": "\(slot)", "error": "\(error)"])
    }
  }
}
