internal import PGWire

/// Arguments that may hold a password, so that no error repeats one.
///
/// A connection string may be in any place: after a misspelt option, or in place of a file.
public enum CommandLineSecrets {
  /// The text without any of this process's arguments that look like a connection string.
  public static func redact(_ text: String) -> String {
    redact(text, arguments: CommandLine.arguments.dropFirst())
  }

  /// The text without any of these arguments that look like a connection string.
  public static func redact(_ text: String, arguments: some Sequence<String>) -> String {
    // The longest first: one may be a part of another.
    let secrets = arguments.flatMap(secrets(in:)).sorted { $0.utf8.count > $1.utf8.count }
    return secrets.reduce(text) { text, secret in
      [secret, secret.displayed].reduce(text) {
        $0.replacing($1, with: "(a connection string)")
      }
    }
  }

  /// Whether libpq would take it for a connection string: a URI, or `key=value`.
  public static func isConnectionString(_ text: String) -> Bool {
    text.firstMatch(of: /^[a-zA-Z][a-zA-Z0-9+.\-]*:\/\//) != nil || text.contains("=")
  }

  /// The argument, and what stands behind the equals sign of an option.
  private static func secrets(in argument: String) -> [String] {
    guard argument.hasPrefix("-"), let equals = argument.firstIndex(of: "=") else {
      return mayHoldPassword(argument) ? [argument] : []
    }
    let value = String(argument[argument.index(after: equals)...])
    return mayHoldPassword(value) ? [value] : []
  }

  private static func mayHoldPassword(_ text: String) -> Bool {
    // Also a URI whose scheme was forgotten: user:password@host.
    text.contains("://") || text.contains(/:[^@]*@/)
      || text.lowercased().contains(/(password|secret|key)\s*=/)
  }
}
