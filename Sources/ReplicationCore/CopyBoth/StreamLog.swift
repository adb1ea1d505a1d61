internal import Logging
internal import PGWire

/// The log messages of the stream's thread.
///
/// Never a password, never row data.
struct StreamLog: Sendable {
  let log: RepetitionLog
  let slot: String

  /// Logs a report; this is the only message that is not counted when it repeats.
  func feedback(_ update: StandbyStatusUpdate) {
    log.logger.trace(
      "feedback",
      metadata: [
        "slot": "\(slot)", "write": "\(update.write)", "flush": "\(update.flush)",
        "apply": "\(update.apply)", "replyRequested": "\(update.replyRequested)",
      ])
  }

  func notice(_ notice: ServerError) {
    log.notice(notice, slot: slot)
  }

  func parameterChanged(_ name: String, _ value: String) {
    log.log(
      .debug, "server parameter changed", condition: name,
      metadata: ["slot": "\(slot)", "name": "\(name.displayed)", "value": "\(value.displayed)"])
  }
}

extension StreamLog {
  func ended(_ end: StreamEnd) {
    switch end {
    case .closed: closed()
    case .failed(let error) where error.isCancellation: closed()
    case .serverShutdown:
      log.log(
        .notice, "stream ended by the server's shutdown", burst: RepetitionLog.burst,
        metadata: ["slot": "\(slot)"])
    case .failed(let error):
      log.log(
        .error, "stream failed", condition: error.group,
        metadata: ["slot": "\(slot)", "error": "\(error)"])
    }
  }

  private func closed() {
    log.log(
      .info, "stream closed", burst: RepetitionLog.burst, metadata: ["slot": "\(slot)"])
  }
}
