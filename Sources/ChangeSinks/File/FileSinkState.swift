internal import CDCTime
internal import PGWire
internal import ReplicationCore

/// What is recorded of the files of a ``FileSink``, as text with a checksum over all of it.
///
///     swift-postgres-replication files 1
///     slot orders
///     suffix .gz                what names of files end in, if they are compressed
///     segment 3                 the number of the last file
///     length 123456             bytes of it that count
///     begun 849000000000000     when it got its first line
///     checkpoint c3dpZnQt…      what stands for everything up to there, if there is one
///     sha256 …
struct FileSinkState: Hashable, Sendable {
  /// The slot that the lines are of.
  var slot: String
  /// What names of files have behind their number.
  var suffix: String
  /// The number of the last file.
  var segment: UInt64 = 1
  /// How many bytes of the last file count.
  var length = 0
  /// When the last file got its first line.
  var begun = PostgresTimestamp(microseconds: 0)
  /// Stands for everything up to there.
  var checkpoint: Checkpoint?

  init(slot: String, suffix: String = "") {
    self.slot = slot
    self.suffix = suffix
  }
}

extension FileSinkState {
  private static let title = "swift-postgres-replication files "
  private static let version = "1"

  /// - Throws: Why it can't be written.
  func encoded() throws(FileSinkStateFault) -> [UInt8] {
    var lines = [
      Self.title + Self.version, "slot \(slot)", "segment \(segment)", "length \(length)",
      "begun \(begun.microseconds)",
    ]
    if !suffix.isEmpty { lines.append("suffix \(suffix)") }
    if let checkpoint {
      let bytes: [UInt8]
      do throws(ReplicationError) { bytes = try checkpoint.encoded() } catch {
        throw .checkpoint("\(error)")
      }
      lines.append("checkpoint " + String(decoding: Base64.encode(bytes.span), as: UTF8.self))
    }
    let body = Array((lines.joined(separator: "\n") + "\n").utf8)
    let sum = try Self.checksum(body)
    return body + Array("sha256 \(sum)\n".utf8)
  }

  /// - Throws: Why the bytes are not a state.
  init(encoded bytes: [UInt8]) throws(FileSinkStateFault) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix(Self.title) else {
      throw Self.title.hasPrefix(text) ? .damaged : .foreign
    }
    guard text.hasSuffix("\n"), let lastLine = text.dropLast().lastIndex(of: "\n") else {
      throw .damaged
    }
    let body = Array(text[...lastLine].utf8)
    let sum = try Self.checksum(body)
    guard text[text.index(after: lastLine)...] == "sha256 \(sum)\n" else { throw .damaged }
    var values: [String: String] = [:]
    let lines = text[..<lastLine].utf8.split(separator: UInt8(ascii: "\n"))
    let version = lines.first.flatMap { String($0.dropFirst(Self.title.utf8.count)) } ?? ""
    guard version == Self.version else { throw .version(version) }
    for line in lines.dropFirst() {
      let end = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
      guard let key = String(line[..<end]), let value = String(line[end...].dropFirst()),
        values.updateValue(value, forKey: key) == nil
      else { throw .damaged }
    }
    try self.init(values)
  }

  private init(_ values: [String: String]) throws(FileSinkStateFault) {
    guard let slot = values["slot"], let segment = values["segment"].flatMap({ UInt64($0) }),
      segment > 0, segment < .max - 2, let length = values["length"].flatMap({ Int($0) }),
      length >= 0,
      let begun = values["begun"].flatMap({ Int64($0) })
    else { throw .damaged }
    self.init(slot: slot, suffix: values["suffix"] ?? "")
    self.segment = segment
    self.length = length
    self.begun = PostgresTimestamp(microseconds: begun)
    guard let text = values["checkpoint"] else { return }
    guard let bytes = Base64.decode(Array(text.utf8).span) else { throw .damaged }
    do throws(ReplicationError) { checkpoint = try Checkpoint(encoded: bytes) } catch {
      throw .checkpoint("\(error)")
    }
  }

  private static func checksum(_ bytes: [UInt8]) throws(FileSinkStateFault) -> String {
    do throws(CryptoError) {
      return String(decoding: HexDigit.encode(try Digest.sha256(bytes.span)), as: UTF8.self)
    } catch {
      throw .unverifiable("\(error)")
    }
  }
}

/// Why a state can't be read or written.
enum FileSinkStateFault: Error, Hashable, Sendable {
  /// It does not begin like one.
  case foreign
  /// It was written by a later version.
  case version(String)
  /// It was cut off or altered.
  case damaged
  /// The checksum can't be computed here; the reason.
  case unverifiable(String)
  /// The checkpoint can't be read or written; the reason.
  case checkpoint(String)
}

extension FileSinkStateFault: CustomStringConvertible {
  var description: String {
    switch self {
    case .foreign: "it is a file of another program; use another name"
    case .version(let version):
      "it was written by a later version (\(version)); use a newer version of this program"
    case .damaged:
      "it is damaged: cut off or altered; restore it, or move all files away to start over"
    case .unverifiable(let why): "its checksum can't be computed: \(why)"
    case .checkpoint(let why): why
    }
  }
}
