internal import CReplicationLibPQ
internal import PGWire

/// The libpq that this program is linked with: which keywords it knows, and which of them it would
/// fill from the environment.
///
/// libpq: <https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PQCONNDEFAULTS>
struct LinkedLibPQ {
  private struct Keyword {
    let name: String
    /// The environment variable that libpq reads if the connection string has no value.
    let variable: String?
    /// The default if there is no such variable either.
    let compiled: String?
  }

  private let keywords: [Keyword]
  private let version = Int(PQlibVersion())

  init() {
    var keywords: [Keyword] = []
    let defaults = unsafe PQconndefaults()
    var option = unsafe defaults
    while let found = unsafe option?.pointee, let name = unsafe found.keyword {
      keywords.append(
        Keyword(
          name: unsafe String(cString: name),
          variable: unsafe found.envvar.map { unsafe String(cString: $0) },
          compiled: unsafe found.compiled.map { unsafe String(cString: $0) }))
      unsafe option = option?.advanced(by: 1)
    }
    unsafe PQconninfoFree(defaults)
    self.keywords = keywords
  }

  /// Leaves out keywords that it does not know, if it behaves as they say anyway.
  func known(_ settings: [ControlSetting]) throws(ControlError) -> [ControlSetting] {
    let names = Set(keywords.map(\.name))
    for setting in settings where !names.contains(setting.name) && !setting.isDispensable {
      throw .keywordTooNew(setting.name, libpq: version)
    }
    let sslrootcert = settings.first { $0.name == "sslrootcert" }
    // An older libpq takes it for a file of that name.
    if version < 160_000, sslrootcert?.value?.elementsEqual("system".utf8) == true {
      throw .keywordTooNew("sslrootcert=system", libpq: version)
    }
    return settings.filter { names.contains($0.name) }
  }

  /// The connection string, with a zero byte at its end, that contains these settings and leaves
  /// nothing to the environment.
  ///
  /// In a string, and only there, an empty value counts as given: in arrays of keywords and values
  /// libpq takes it for one that is missing, and looks at the environment.
  func connectionString(_ settings: [ControlSetting]) -> [UInt8] {
    var text: [UInt8] = []
    // Prevents reallocation, since the text contains a password.
    text.reserveCapacity(settings.reduce(4096) { $0 + 2 * ($1.value?.count ?? 0) + 64 })
    for keyword in keywords where keyword.name != Self.service {
      let setting = settings.first { $0.name == keyword.name }
      let value = setting.map { $0.value ?? [] } ?? Array((keyword.compiled ?? "").utf8)
      // Without a variable the keyword can be left out; an empty number would be an error.
      if !value.isEmpty || keyword.variable != nil { append(keyword.name, value, to: &text) }
    }
    text.append(0)
    return text
  }

  /// An empty name would be looked for in the service file.
  private static let service = "service"

  private func append(_ name: String, _ value: [UInt8], to text: inout [UInt8]) {
    text += name.utf8
    text += "='".utf8
    for byte in value {
      if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\\") {
        text.append(UInt8(ascii: "\\"))
      }
      text.append(byte)
    }
    text += "' ".utf8
  }
}
