import Logging
import Synchronization

/// Keeps what is logged.
final class CountedLog: Sendable {
  struct Line: Sendable {
    let level: Logger.Level
    let message: String
    let metadata: [String: String]
  }

  private let kept = Mutex<[Line]>([])

  var lines: [Line] { kept.withLock { $0 } }

  /// How often a message that begins so was logged.
  func count(of message: String) -> Int {
    lines.count(where: { $0.message.hasPrefix(message) })
  }

  var logger: Logger { Logger(label: "counted") { _ in Handler(target: self) } }

  private struct Handler: LogHandler {
    let target: CountedLog
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let line = Line(
        level: event.level, message: "\(event.message)",
        metadata: (event.metadata ?? [:]).mapValues { "\($0)" })
      target.kept.withLock { $0.append(line) }
    }
  }
}
