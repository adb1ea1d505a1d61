internal import ArgumentParser
internal import ReplicationCore

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
