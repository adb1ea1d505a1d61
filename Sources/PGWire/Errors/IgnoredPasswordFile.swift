/// Why a password file that is there was not used.
public struct IgnoredPasswordFile: Hashable, Sendable {
  /// The file's path.
  public let path: String
  /// What is wrong with it.
  public let reason: Reason

  /// What keeps a password file from being used.
  @nonexhaustive public enum Reason: Hashable, Sendable {
    /// Others may read it; `chmod 600` helps.
    case permissions
    /// It is a directory, pipe or the like.
    case notPlain
    /// The system's reason.
    case unreadable(String)
  }
}

extension IgnoredPasswordFile: CustomStringConvertible {
  /// Which file was ignored, why, and how to fix it.
  public var description: String {
    switch reason {
    case .permissions:
      """
      the password file \(path) was ignored: its group or others have access; permissions should \
      be u=rw (0600) or less
      """
    case .notPlain: "the password file \(path) was ignored: it is not a plain file"
    case .unreadable(let why): "the password file \(path) was ignored: \(why)"
    }
  }
}
