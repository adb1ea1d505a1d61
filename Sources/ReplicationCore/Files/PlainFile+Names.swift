internal import CReplicationSystem
internal import PGWire

extension PlainFile {
  /// The paths that begin with this one, in the same directory.
  ///
  /// - Parameter path: A directory and the beginning of names.
  package static func paths(beginningWith path: String) throws(Failure) -> [String] {
    let directory = directory(of: path)
    guard let names = unsafe pgrepl_open_names(directory) else {
      throw Failure(operation: "open", path: directory, reason: .system(lastErrno))
    }
    defer { unsafe pgrepl_close_names(names) }
    let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
    let place = slash.map { String(path[...$0]) } ?? ""
    var paths: [String] = []
    while let name = unsafe pgrepl_next_name(names) {
      let found = unsafe place + String(cString: name)
      if found.utf8.starts(with: path.utf8) { paths.append(found) }
    }
    let code = lastErrno
    guard code == 0 else {
      throw Failure(operation: "read", path: directory, reason: .system(code))
    }
    return paths.sorted()
  }
}
