internal import CReplicationSystem
internal import PGWire
internal import PgcdcArguments
internal import Synchronization

/// The process's streams and environment.
enum Console {
  /// Writes one line to standard error, as `pgcdc: …`.
  ///
  /// An argument that may hold a password, and that an error has quoted, is left out.
  static func say(_ message: ScreenText) {
    putErrorText("pgcdc: \(CommandLineSecrets.redact(message.text))\n")
  }

  /// Writes one line to standard output.
  static func print(_ line: ScreenText) {
    put(line.text + "\n", to: STDOUT_FILENO)
  }

  /// Writes one line for programs to standard output: JSON, which escapes by itself.
  static func print(json line: String) {
    put(line + "\n", to: STDOUT_FILENO)
  }

  /// Writes lines of the parser's to standard error, which quote arguments.
  static func putUsage(_ message: String) {
    let lines = message.split(separator: "\n", omittingEmptySubsequences: false)
    let shown = lines.map { CommandLineSecrets.redact(String($0)).displayed }
    putErrorText(shown.joined(separator: "\n") + "\n")
  }

  /// Writes to standard error without ending the line, which is erased before anything else is
  /// written there.
  static func putError(_ text: ScreenText) {
    putErrorText(text.text)
  }

  /// Erases a line of standard error that was not ended, before others write there.
  static func eraseOpenLine() {
    openLine.withLock { line in
      if line.isOpen { put(line.erasing(), to: STDERR_FILENO) }
    }
  }

  private static let openLine = Mutex(OpenLine())

  private static func putErrorText(_ text: String) {
    openLine.withLock { put($0.writing(text), to: STDERR_FILENO) }
  }

  private static func put(_ text: String, to descriptor: Int32) {
    if Uninterrupted.writeAll(Array(text.utf8).span, to: descriptor) { return }
    if descriptor == STDOUT_FILENO { failure.store(lastErrno, ordering: .relaxed) }
  }

  private static let failure = Atomic<Int32>(0)

  /// Why lines could not be written to standard output; `nil` if all could.
  static var outputFailure: Int32? {
    let code = failure.load(ordering: .relaxed)
    return code == 0 ? nil : code
  }

  /// Whether standard output is a terminal.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether standard error is a terminal.
  static var isErrorTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// How many columns the terminal of standard error has; `nil` if it is not a terminal.
  static var errorWidth: Int? {
    let width = pgrepl_terminal_width(STDERR_FILENO)
    return width > 0 ? Int(width) : nil
  }

  /// This process's number.
  static var processID: Int32 { getpid() }
}
