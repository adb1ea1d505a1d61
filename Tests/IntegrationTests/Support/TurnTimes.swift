import Foundation
import Synchronization

/// Writes how long each test had its server, into the file that `PGREPL_TURN_TIMES` names.
///
/// What the testing library says includes the wait for a turn.
final class TurnTimes: Sendable {
  static let shared = TurnTimes()
  private let file: Mutex<FileHandle?>

  private init() {
    guard let path = ProcessInfo.processInfo.environment["PGREPL_TURN_TIMES"] else {
      file = Mutex(nil)
      return
    }
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    file = Mutex(FileHandle(forWritingAtPath: path))
  }

  func add(_ test: String, _ server: TestServer, _ duration: Duration) {
    let seconds = String(format: "%.1f", duration / .seconds(1))
    let line = "\(seconds)\t\(server.version)\t\(test)\n"
    file.withLock { try? $0?.write(contentsOf: Data(line.utf8)) }
  }
}
