import Foundation

/// What became of one way to ask for a stream.
enum MatrixOutcome: Sendable {
  /// Everything came as it should.
  case ran
  /// It is impossible, and was refused as it should be.
  case refused(MatrixCase.Obstacle)
  /// What went wrong.
  case failed(String)
}

/// Writes what became of every way, one a line, into the file that `PGREPL_MATRIX_FILE` names.
///
/// A line has the server, the format, the protocol's version, TLS, streaming, two-phase, the outcome
/// and its reason, with tabs between them. `Scripts/matrix` makes a table of them.
final class MatrixReport: Sendable {
  static let shared = MatrixReport()
  private let file: Mutex<FileHandle?>
  /// Whether somebody wants all of it.
  let isWanted: Bool

  private init() {
    guard let path = ProcessInfo.processInfo.environment["PGREPL_MATRIX_FILE"], !path.isEmpty else {
      file = Mutex(nil)
      isWanted = false
      return
    }
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    file = Mutex(FileHandle(forWritingAtPath: path))
    isWanted = true
  }

  func add(_ server: TestServer, _ one: MatrixCase, _ outcome: MatrixOutcome) {
    let words: [String] =
      switch outcome {
      case .ran: ["ran", ""]
      case .refused(let obstacle): ["refused", "\(obstacle)"]
      case .failed(let problem):
        ["failed", problem.replacing("\n", with: " ").replacing("\t", with: " ")]
      }
    let line = (["\(server.version)"] + one.words + words).joined(separator: "\t") + "\n"
    file.withLock { try? $0?.write(contentsOf: Data(line.utf8)) }
  }
}
