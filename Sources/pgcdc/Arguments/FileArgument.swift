internal import ArgumentParser

/// The path of a file.
enum FileArgument {
  /// Refuses a connection string that stands in its place, without a word of what is in it.
  static func check(_ path: String) throws {
    guard path.contains("://") else { return }
    throw ValidationError("a connection string stands where the name of a file should")
  }
}
