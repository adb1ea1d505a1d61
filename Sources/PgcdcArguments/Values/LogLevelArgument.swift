public import ArgumentParser
public import Logging

/// What is logged.
public enum LogLevelArgument: String, ExpressibleByArgument, CaseIterable, Sendable {
  case trace, debug, info, notice, warning, error, critical

  /// The level for swift-log.
  public var level: Logger.Level { Logger.Level(rawValue: rawValue) ?? .warning }
}
