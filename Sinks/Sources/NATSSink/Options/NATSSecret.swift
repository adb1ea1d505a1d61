/// A password or token, or where it is found.
///
/// It is never printed.
public struct NATSSecret: Hashable, Sendable {
  enum Source: Hashable, Sendable {
    case text(String)
    case environment(String)
    case file(String)
  }

  let source: Source

  /// The secret itself.
  public static func text(_ secret: String) -> NATSSecret { NATSSecret(source: .text(secret)) }

  /// What this environment variable has.
  public static func environment(_ variable: String) -> NATSSecret {
    NATSSecret(source: .environment(variable))
  }

  /// What this file has, without the line feed at its end.
  ///
  /// It is read whenever a connection is made.
  public static func file(_ path: String) -> NATSSecret { NATSSecret(source: .file(path)) }
}

extension NATSSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String {
    switch source {
    case .text: "a secret"
    case .environment(let variable): "the secret in \(variable)"
    case .file(let path): "the secret in \(path)"
    }
  }

  public var debugDescription: String { description }

  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
