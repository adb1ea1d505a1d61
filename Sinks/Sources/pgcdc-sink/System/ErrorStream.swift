internal import Logging

/// Standard error as swift-log writes to it: whole lines, in which nothing controls a terminal.
struct ErrorStream: TextOutputStream, Sendable {
  mutating func write(_ line: String) {
    let text = line.hasSuffix("\n") ? String(line.dropLast()) : line
    Console.put(text.printable + "\n")
  }

  /// A logger that writes there.
  static func logger(_ level: Logger.Level) -> Logger {
    var logger = Logger(label: "pgcdc-sink") {
      StreamLogHandler(label: $0, stream: ErrorStream())
    }
    logger.logLevel = level
    return logger
  }
}
