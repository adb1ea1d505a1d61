/// The service file: groups of settings under a name.
///
///     [name]
///     host=db.example.com
///     port=5433
///
/// It fills what the string does not say, before the environment does. In the file nothing is
/// quoted: a value is all that follows the equals sign.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-pgservice.html>
extension ConnectionSettings {
  mutating func fillFromService(
    environment: [String: String], _ files: ConnectionFiles
  ) throws(ConnectionOptionsError) {
    let named = try isNamed(.service) ? text(.service) ?? "" : nil
    guard let service = named ?? environment[ConnectionKey.service.variable ?? ""] else { return }
    let given = try text(.servicefile) ?? environment[ConnectionKey.servicefile.variable ?? ""]
    if let given {
      guard case .plain(let bytes, _) = files.file(at: given) else {
        throw .serviceFileMissing(given)
      }
      if try fill(fromGroup: service, of: bytes, in: given) { return }
    } else if let home = environment["HOME"].nonEmpty {
      let own = "\(home)/.pg_service.conf"
      if case .plain(let bytes, _) = files.file(at: own),
        try fill(fromGroup: service, of: bytes, in: own)
      {
        return
      }
    }
    let directories = environment["PGSYSCONFDIR"].map { [$0] } ?? files.systemDirectories
    for directory in directories {
      let common = "\(directory)/pg_service.conf"
      if case .plain(let bytes, _) = files.file(at: common),
        try fill(fromGroup: service, of: bytes, in: common)
      {
        return
      }
    }
    throw .serviceMissing(service)
  }

  /// - Returns: Whether the file has the group.
  private mutating func fill(
    fromGroup name: String, of bytes: [UInt8], in path: String
  ) throws(ConnectionOptionsError) -> Bool {
    var isFound = false
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, raw) in lines.enumerated() {
      let line = Self.trimmed(raw)
      guard let first = line.first, first != UInt8(ascii: "#") else { continue }
      if first == UInt8(ascii: "[") {
        if isFound { return true }
        isFound = line.starts(with: "[\(name)]".utf8)
        continue
      }
      guard isFound else { continue }
      try set(line, path: path, number: index + 1)
    }
    return isFound
  }

  private mutating func set(
    _ line: ArraySlice<UInt8>, path: String, number: Int
  ) throws(ConnectionOptionsError) {
    let flaw = ConnectionOptionsError.serviceFile(path, line: number)
    guard let equals = line.firstIndex(of: UInt8(ascii: "=")), !line.contains(0) else {
      throw flaw
    }
    let name = String(decoding: line[..<equals], as: UTF8.self)
    guard let key = ConnectionKey.named[name], key != .service, key != .servicefile else {
      throw flaw
    }
    if !isNamed(key) {
      set(key, Array(line[(equals + 1)...]), source: "\(name) in \(path)")
    }
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line.drop(while: isSpace)
    while let last = line.last, isSpace(last) { line.removeLast() }
    return line
  }
}
