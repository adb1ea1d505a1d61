/// A password file, as libpq reads it.
///
///     host:port:database:user:password
///
/// Each of the first four may be `*`; a backslash takes the next byte as it is; a line that starts
/// with `#` is a comment. The first line that matches counts.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/libpq-pgpass.html>
struct PasswordFile {
  private let bytes: [UInt8]

  init(bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The password for a host; `nil` if no line matches.
  func password(for host: ConnectionHost, database: String, user: String) -> Password? {
    let names = Self.names(of: host)
    let rest = [String(host.port), database, user].map { Array($0.utf8) }
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.first != UInt8(ascii: "#") {
      for name in names {
        var fields = Self.strippingReturns(line)
        guard ([name] + rest).allSatisfy({ Self.match(&fields, $0) }) else { continue }
        return Password(bytes: Self.unescaped(fields))
      }
    }
    return nil
  }

  /// What the file may call a host; the socket's default directory goes by `localhost`.
  ///
  /// libpq knows the one directory that it was built with; these are the two in use.
  private static func names(of host: ConnectionHost) -> [[UInt8]] {
    let name = host.nameOrAddress
    let isDefault = ["/tmp", "/var/run/postgresql"].contains(name)
    return (isDefault ? ["localhost", name] : [name]).map { Array($0.utf8) }
  }

  private static func strippingReturns(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var line = line
    while line.last == UInt8(ascii: "\r") { line.removeLast() }
    return line
  }

  /// Takes one field and its colon off the line if the field matches.
  private static func match(_ line: inout ArraySlice<UInt8>, _ token: [UInt8]) -> Bool {
    let colon = UInt8(ascii: ":")
    if line.starts(with: [UInt8(ascii: "*"), colon]) {
      line = line.dropFirst(2)
      return true
    }
    var rest = line
    var wanted = token[...]
    while let byte = rest.popFirst() {
      if byte == colon, wanted.isEmpty {
        line = rest
        return true
      }
      let meant = byte == UInt8(ascii: "\\") ? rest.popFirst() : byte
      guard let meant, wanted.popFirst() == meant else { return false }
    }
    return false
  }

  /// The password up to the end or a colon, which only a comment may follow.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
    var password: [UInt8] = []
    password.reserveCapacity(field.count)
    var rest = field
    while let byte = rest.popFirst(), byte != UInt8(ascii: ":") {
      if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
        password.append(escaped)
      } else {
        password.append(byte)
      }
    }
    return password
  }
}

extension ConnectionOptions {
  /// Looks up the passwords that were not given.
  ///
  /// As in libpq, a missing file is not an error, and one that others may read is not used.
  mutating func readPasswords(from path: String, _ files: ConnectionFiles) {
    guard password == nil else { return }
    switch files.file(at: path) {
    case .missing: return
    case .unreadable(let why): ignore(path, .unreadable(why))
    case .notPlain: ignore(path, .notPlain)
    case .plain(var bytes, let mode):
      defer { wipe(&bytes) }
      guard mode & 0o077 == 0 else { return ignore(path, .permissions) }
      let file = PasswordFile(bytes: bytes)
      for host in hosts {
        let found = file.password(for: host, database: database, user: user)
        hostPasswords[host] = found.nonEmpty
      }
    }
  }

  private mutating func ignore(_ path: String, _ reason: IgnoredPasswordFile.Reason) {
    ignoredPasswordFile = IgnoredPasswordFile(path: path, reason: reason)
  }
}
