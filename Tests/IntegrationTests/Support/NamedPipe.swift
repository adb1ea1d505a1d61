import Foundation

/// A pipe with a name, which is open for reading but from which nobody reads.
final class NamedPipe {
  let path: String
  private var reader: Int32

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "it-\(UUID().uuidString)").path
    reader = -1
    guard unsafe mkfifo(path, 0o600) == 0 else { throw POSIXError(.EIO) }
    unsafe reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard reader >= 0 else { throw POSIXError(.EIO) }
  }

  deinit {
    closeReader()
    try? FileManager.default.removeItem(atPath: path)
  }

  /// The reader goes away.
  func closeReader() {
    if reader >= 0 { close(reader) }
    reader = -1
  }
}
