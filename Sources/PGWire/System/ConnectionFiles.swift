/// How the password file and the service file are read.
///
/// Apart from these files, options are read without touching the system; tests pass their own
/// files.
package struct ConnectionFiles: Sendable {
  /// What was found under a path.
  package enum File: Sendable {
    /// There is nothing under the path.
    case missing
    /// It is there, but can't be read; the system's reason.
    case unreadable(String)
    /// A directory, pipe or the like.
    case notPlain
    /// Its bytes, and its permissions in the form that `chmod` takes.
    case plain([UInt8], mode: UInt16)
  }

  /// Where `pg_service.conf` may be when `PGSYSCONFDIR` does not say.
  ///
  /// libpq knows the one directory that it was built with.
  let systemDirectories: [String]
  private let readFile: @Sendable (String) -> File

  /// Files whose content `read` returns.
  package init(
    systemDirectories: [String] = [], read: @escaping @Sendable (_ path: String) -> File
  ) {
    self.systemDirectories = systemDirectories
    readFile = read
  }

  /// No files at all.
  package static let none = ConnectionFiles { _ in .missing }

  func file(at path: String) -> File { readFile(path) }
}
