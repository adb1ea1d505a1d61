import PGWire
import ReplicationCore

/// One way to ask a server for a stream of pgoutput.
struct MatrixCase: Sendable {
  let version: ReplicationParams.PgOutputVersion
  let streaming: ReplicationParams.Streaming
  let usesTwoPhase: Bool
  let isBinary: Bool
  let usesTLS: Bool

  /// Every way that there is, possible or not.
  static let all: [MatrixCase] = {
    let versions: [ReplicationParams.PgOutputVersion] = [.v1, .v2, .v3, .v4]
    var all: [MatrixCase] = []
    for version in versions {
      for streaming in ReplicationParams.Streaming.allCases {
        for usesTwoPhase in [false, true] {
          for (isBinary, usesTLS) in [(false, false), (false, true), (true, false), (true, true)] {
            all.append(
              MatrixCase(
                version: version, streaming: streaming, usesTwoPhase: usesTwoPhase,
                isBinary: isBinary, usesTLS: usesTLS))
          }
        }
      }
    }
    return all
  }()

  /// About half of them, in which any two values that are possible together are together.
  ///
  /// Version 1 allows so little that all of its ways are here.
  static let some = all.filter { one in
    one.version == .v1 || (one.isBinary == one.usesTLS) != one.usesTwoPhase
  }
}

extension MatrixCase {
  /// What a value of it needs, by PostgreSQL's documentation.
  ///
  /// <https://www.postgresql.org/docs/current/protocol-logical-replication.html>
  private struct Need {
    /// As errors name it.
    let feature: String
    /// The first server that has it.
    let server: Int
    /// The first version of the protocol that allows it.
    let version: Int
  }

  private var needs: [Need] {
    let number = version.rawValue
    var needs = [Need(feature: "protocol version \(number)", server: number + 12, version: number)]
    if isBinary { needs.append(Need(feature: "the option binary", server: 14, version: 1)) }
    switch streaming {
    case .off: break
    case .on: needs.append(Need(feature: "the option streaming on", server: 14, version: 2))
    case .parallel:
      needs.append(Need(feature: "the option streaming parallel", server: 16, version: 4))
    }
    if usesTwoPhase { needs.append(Need(feature: "the option two_phase", server: 15, version: 3)) }
    return needs
  }

  /// Why there can't be such a stream.
  enum Obstacle: Hashable, Sendable, CustomStringConvertible {
    /// Its values contradict each other on every server: an option needs this version.
    case version(Int)
    /// The server was built without TLS, or has it switched off.
    case noTLS
    /// Only this server and later ones have all of it.
    case server(Int)

    var description: String {
      switch self {
      case .version(let version): "needs protocol \(version)"
      case .noTLS: "needs TLS"
      case .server(let server): "needs server \(server)"
      }
    }
  }

  /// Why a server can't be asked this way; `nil` if it can.
  ///
  /// The obstacle that is noticed first: before there is a connection, while it is made, after.
  func obstacle(onServer server: Int, hasTLS: Bool) -> Obstacle? {
    let neededVersion = needs.map(\.version).max() ?? 1
    let neededServer = needs.map(\.server).max() ?? 13
    if neededVersion > version.rawValue { return .version(neededVersion) }
    if usesTLS, !hasTLS { return .noTLS }
    return neededServer > server ? .server(neededServer) : nil
  }

  /// Whether an error says what the obstacle is, and where it is a matter of a version, which.
  func isRefusal(_ error: ReplicationError, for obstacle: Obstacle, onServer server: Int) -> Bool {
    switch (obstacle, error) {
    case (.version, .invalidParameter(let text)):
      needs.contains { need in
        need.version > version.rawValue
          && text.contains("\(need.feature) needs protocol version \(need.version) or later")
      }
    case (.noTLS, .connection(.transport(.tls(.notOffered)))): true
    case (.server, .requiresServer(let feature, let since, let found)):
      found == server
        && needs.contains { $0.server > server && $0.server == since && $0.feature == feature }
    default: false
    }
  }

  /// The options that it asks pgoutput for, beside the publications.
  var options: [String: String] {
    var options = ["proto_version": "\(version.rawValue)"]
    if isBinary { options["binary"] = "true" }
    if streaming != .off { options["streaming"] = streaming.rawValue }
    if usesTwoPhase { options["two_phase"] = "true" }
    return options
  }

  /// Its values, in the order of a line of the report.
  var words: [String] {
    [
      isBinary ? "binary" : "text", "\(version.rawValue)", usesTLS ? "tls" : "clear",
      streaming.rawValue, usesTwoPhase ? "yes" : "no",
    ]
  }
}

extension MatrixCase: CustomStringConvertible {
  var description: String {
    "\(isBinary ? "binary" : "text"), protocol \(version.rawValue), "
      + "\(usesTLS ? "TLS" : "in clear"), streaming \(streaming.rawValue), "
      + "two-phase \(usesTwoPhase ? "on" : "off")"
  }
}
