internal import ArgumentParser
internal import Logging
internal import PGWire
internal import ReplicationCore

/// A position as `X/Y`.
struct LSNArgument: ExpressibleByArgument {
  let lsn: LSN

  init?(argument: String) {
    guard let lsn = LSN(argument) else { return nil }
    self.lsn = lsn
  }
}

/// Which changes are wanted, by where they came from.
enum OriginArgument: String, ExpressibleByArgument, CaseIterable {
  case any
  case none

  var origin: ReplicationParams.Origin {
    switch self {
    case .any: .any
    case .none: .none
    }
  }
}

/// The version of pgoutput's protocol.
struct ProtocolVersionArgument: ExpressibleByArgument {
  let version: ReplicationParams.ProtocolVersion

  init?(argument: String) {
    guard let number = Int(argument), (1...4).contains(number),
      let version = ReplicationParams.ProtocolVersion(rawValue: number)
    else { return nil }
    self.version = version
  }

  static var allValueStrings: [String] { ["1", "2", "3", "4"] }
}

/// Whether large transactions are sent while they are in progress.
enum StreamingArgument: String, ExpressibleByArgument, CaseIterable {
  case off, on, parallel

  var streaming: ReplicationParams.Streaming {
    switch self {
    case .off: .off
    case .on: .on
    case .parallel: .parallel
    }
  }
}

/// What is logged.
enum LogLevelArgument: String, ExpressibleByArgument, CaseIterable {
  case trace, debug, info, notice, warning, error, critical

  var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .warning }
}

/// A time as `10s`, `500ms` or `2min`; a bare number is in seconds.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration

  init(_ duration: Duration) {
    self.duration = duration
  }

  init?(argument: String) {
    let digits = argument.prefix { $0.isASCII && $0.isNumber }
    guard let count = Int64(digits), count > 0, count < 1_000_000_000 else { return nil }
    switch argument.dropFirst(digits.count) {
    case "ms": duration = .milliseconds(count)
    case "", "s": duration = .seconds(count)
    case "m", "min": duration = .seconds(60 * count)
    case "h": duration = .seconds(3600 * count)
    default: return nil
    }
  }

  var defaultValueDescription: String {
    duration < .seconds(1)
      ? "\(Int64(duration / .milliseconds(1)))ms" : "\(duration.components.seconds)s"
  }
}

/// How the changes are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case json
  case debezium
  case raw
  case events
}

/// The path of a file.
enum FileArgument {
  /// Refuses a connection string that stands in its place, without a word of what is in it.
  static func check(_ path: String) throws {
    guard path.contains("://") else { return }
    throw ValidationError("a connection string stands where the name of a file should")
  }
}
