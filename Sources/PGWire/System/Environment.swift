internal import CReplicationSystem

/// The process's environment.
package enum Environment {
  /// All variables.
  package static var variables: [String: String] {
    var variables: [String: String] = [:]
    var next = unsafe pgrepl_environment()
    while let entry = unsafe next?.pointee {
      let parts = unsafe String(cString: entry).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
      unsafe next = next?.advanced(by: 1)
    }
    return variables
  }

  /// Those of these variables that are set.
  package static func variables(among names: [String]) -> [String] {
    names.filter { unsafe getenv($0) != nil }
  }

  /// The user's home directory, where libpq's default files are: `HOME`, or else what the system
  /// knows.
  package static var homeDirectory: String? {
    if let home = unsafe getenv("HOME") {
      let path = unsafe String(cString: home)
      if !path.isEmpty { return path }
    }
    return UserAccount.effective?.homeDirectory
  }
}
