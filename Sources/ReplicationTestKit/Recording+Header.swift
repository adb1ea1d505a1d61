extension Recording {
  /// What every recording begins with.
  package static var firstBytes: [UInt8] { Array((Header.firstLine + "\n").utf8) }
}

extension Recording.Header {
  fileprivate static let firstLine = "PGCDC-RECORDING 1"

  /// The header's bytes, the empty line included.
  ///
  /// Line breaks in values become spaces.
  public var encoded: [UInt8] {
    var lines = [Self.firstLine, "server_version: \(serverVersion)", "plugin: \(plugin)"]
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      lines.append("option \(name): \(value)")
    }
    let clean = lines.map { line in String(line.map { $0.isNewline ? " " : $0 }) }
    return Array((clean.joined(separator: "\n") + "\n\n").utf8)
  }

  /// Reads the header at the front of a recording.
  ///
  /// - Returns: The header, and where the frames begin.
  static func parse(_ bytes: [UInt8]) throws(RecordingError) -> (Recording.Header, Int) {
    var header = Recording.Header(serverVersion: "", plugin: "", options: [:])
    var position = 0
    var number = 0
    while let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: bytes[position..<end], as: UTF8.self)
      position = end + 1
      number += 1
      if number == 1 {
        guard line == firstLine else { throw .notARecording }
      } else if line.isEmpty {
        guard !header.plugin.isEmpty else { throw .malformedHeader(line: number) }
        return (header, position)
      } else {
        try header.read(line, number: number)
      }
      guard position <= bytes.endIndex else { break }
    }
    throw number == 0 ? .notARecording : .malformedHeader(line: number + 1)
  }

  private mutating func read(_ line: String, number: Int) throws(RecordingError) {
    guard let colon = line.firstIndex(of: ":") else { throw .malformedHeader(line: number) }
    let key = line[..<colon]
    let value = String(line[line.index(after: colon)...].drop { $0 == " " })
    switch key {
    case "server_version": serverVersion = value
    case "plugin": plugin = value
    default:
      guard key.hasPrefix("option ") else { return }
      options[String(key.dropFirst("option ".count))] = value
    }
  }
}
