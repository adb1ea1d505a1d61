internal import CSinkSystem
internal import PgcdcArguments

/// Standard error: what the program says there, one line each.
enum Console {
  /// Writes one line, as `pgcdc-sink: …`.
  static func say(_ message: String) {
    put("pgcdc-sink: \(CommandLineSecrets.redact(message).printable)\n")
  }

  /// Writes lines of the argument parser's, which quote arguments.
  static func putUsage(_ message: String) {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
    let shown = lines.map { CommandLineSecrets.redact(String($0)).printable }
    put(shown.joined(separator: "\n") + "\n")
  }

  /// Writes text as it is.
  static func put(_ text: String) {
    let bytes = Array(text.utf8)
    unsafe sinksys_write_error(bytes, bytes.count)
  }
}
