/// Arguments that may hold a password, so that no message repeats one.
enum CommandLineSecrets {
  /// The text without any of this process's arguments that look like a connection string.
  static func redact(_ text: String) -> String {
    redact(text, arguments: CommandLine.arguments.dropFirst())
  }

  static func redact(_ text: String, arguments: some Sequence<String>) -> String {
    // The longest first: one may be a part of another.
    let secrets = arguments.flatMap(secrets(in:)).sorted { $0.utf8.count > $1.utf8.count }
    return secrets.reduce(text) { text, secret in
      text.replacing(secret, with: "(a connection string)")
        .replacing(secret.printable, with: "(a connection string)")
    }
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
    let lowered = text.lowercased()
    // Also a URL whose scheme was forgotten: user:password@host.
    return text.contains("://") || text.contains(/:[^@]*@/)
      || lowered.contains(/(password|secret|key)\s*=/)
  }
}
