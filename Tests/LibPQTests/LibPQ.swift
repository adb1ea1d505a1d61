import CReplicationLibPQ

/// libpq's own reading of connection strings.
enum LibPQ {
  /// The version that these tests run with: 150018 is 15.18.
  static let version = Int(PQlibVersion())

  /// Every keyword that it knows.
  static var keywords: Set<String> {
    let options = unsafe PQconndefaults()
    defer { unsafe PQconninfoFree(options) }
    return Set(unsafe list(options).map(\.name))
  }

  /// Every environment variable that stands in where a connection string is silent.
  static var variables: Set<String> {
    let options = unsafe PQconndefaults()
    defer { unsafe PQconninfoFree(options) }
    var variables: Set<String> = []
    var next = unsafe options
    while let option = unsafe next, unsafe option.pointee.keyword != nil {
      if let name = unsafe option.pointee.envvar { variables.insert(unsafe String(cString: name)) }
      unsafe next = option.advanced(by: 1)
    }
    return variables
  }

  /// What the string says, keyword by keyword; `nil` if libpq refuses it.
  static func read(_ text: String) -> [String: [UInt8]]? {
    var message: UnsafeMutablePointer<CChar>? = nil
    let options = unsafe PQconninfoParse(text, &message)
    defer {
      unsafe PQconninfoFree(options)
      unsafe PQfreemem(message)
    }
    guard unsafe options != nil else { return nil }
    var values: [String: [UInt8]] = [:]
    for option in unsafe list(options) {
      if let value = option.value { values[option.name] = value }
    }
    return values
  }

  @unsafe private static func list(
    _ first: UnsafeMutablePointer<PQconninfoOption>?
  ) -> [(name: String, value: [UInt8]?)] {
    var options: [(name: String, value: [UInt8]?)] = []
    var next = unsafe first
    while let option = unsafe next, let keyword = unsafe option.pointee.keyword {
      let value = unsafe option.pointee.val.map { value in
        var bytes: [UInt8] = []
        var index = 0
        while unsafe value[index] != 0 {
          bytes.append(UInt8(bitPattern: unsafe value[index]))
          index += 1
        }
        return bytes
      }
      options.append((unsafe String(cString: keyword), value))
      unsafe next = option.advanced(by: 1)
    }
    return options
  }
}
