internal import ArgumentParser

/// The path of a file.
public enum FileArgument {
  /// Refuses a connection string in its place, without repeating it.
  ///
  /// - Throws: `ValidationError`.
  public static func check(_ path: String) throws {
    guard path.contains("://") else { return }
    throw ValidationError("a connection string was given in place of a file's name")
  }
}
