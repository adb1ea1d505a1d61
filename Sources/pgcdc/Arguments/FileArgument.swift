internal import ArgumentParser

/// The path of a file.
enum FileArgument {
  /// Refuses a connection string in its place, without repeating it.
  static func check(_ path: String) throws {
    guard path.contains("://") else { return }
    throw ValidationError("a connection string was given in place of a file's name")
  }
}
