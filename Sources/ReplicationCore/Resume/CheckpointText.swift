internal import CDCTime
internal import PGWire

/// A checkpoint as text, with a checksum over all of it.
///
///     swift-postgres-replication checkpoint 1
///     slot orders
///     position 0/1A2B3C8
///     transaction 0/1A2B3C8            the end of the last one
///     system 7480000000000000000
///     timeline 1
///     recovery 1                       if the server was a standby
///     commit 742 816400000000000 12    its id and time, and a number for what was requested
///     snapshot reading                 if the slot was created for one: how far that is
///     server 18                        its major version
///     database 5                       and so on, what is known of the slot
///     data bm90ZXM=                    the consumer's own bytes, if any
///     tables aW5jcmVtZW50…             incremental snapshots, as ``IncrementalState/text``
///     sha256 …
///
/// Version 2 is for a snapshot that was not read to the end, from which no stream may start.
/// Version 3 has tables that an incremental snapshot is reading, whose changes an older reader
/// would deliver twice or not at all. Everything else is version 1, which may have lines that older
/// readers ignore.
enum CheckpointText {
  /// Why a text is not a valid checkpoint.
  enum Fault: Error, Hashable, Sendable {
    /// It does not begin like a checkpoint.
    case foreign
    /// It was written by a later version.
    case version(String)
    /// It was truncated or altered.
    case damaged
    /// The checksum can't be computed here; the reason.
    case unverifiable(String)
    /// The value of this key can't be written as a line of its own.
    case unwritable(String)
  }

  private static let name = "swift-postgres-replication checkpoint "
  private static let version = "1"
  private static let unfinishedVersion = "2"
  private static let incrementalVersion = "3"

  private static func version(of checkpoint: Checkpoint) -> String {
    if checkpoint.isUnfinished { return unfinishedVersion }
    let isReading = checkpoint.incremental.map { !$0.progress.tables.isEmpty } ?? false
    return isReading ? incrementalVersion : version
  }

  static func encode(_ checkpoint: Checkpoint) throws(Fault) -> [UInt8] {
    var lines = [
      name + version(of: checkpoint), "slot \(checkpoint.slot)",
      "position \(checkpoint.position)",
      "system \(checkpoint.systemID)", "timeline \(checkpoint.timeline)",
    ]
    if checkpoint.isFromStandby { lines.append("recovery 1") }
    if let end = checkpoint.transactionEnd { lines.append("transaction \(end)") }
    if let mark = checkpoint.lastTransaction {
      lines.append("commit \(mark.xid) \(mark.time.microseconds) \(mark.selection)")
    }
    if let stage = checkpoint.snapshot { lines.append("snapshot \(stage.rawValue)") }
    if let version = checkpoint.serverVersion { lines.append("server \(version)") }
    let state = checkpoint.slotState
    if let oid = state.databaseOID { lines.append("database \(oid)") }
    if let plugin = state.plugin { lines.append("plugin \(plugin)") }
    if let lsn = state.restartLSN { lines.append("restart \(lsn)") }
    if let bytes = state.sentBytes { lines.append("sent \(bytes)") }
    if let time = state.countedSince { lines.append("since \(time.microseconds)") }
    if !checkpoint.userData.isEmpty {
      let data = Base64.encode(checkpoint.userData.span)
      lines.append("data " + String(decoding: data, as: UTF8.self))
    }
    if let incremental = checkpoint.incremental {
      let data = Base64.encode(Array(incremental.text.utf8).span)
      lines.append("tables " + String(decoding: data, as: UTF8.self))
    }
    for line in lines where !isOneLine(line) {
      throw .unwritable(String(line.prefix { $0 != " " }))
    }
    let text = Array((lines.joined(separator: "\n") + "\n").utf8)
    let sum = try checksum(text)
    return text + Array("sha256 \(sum)\n".utf8)
  }

  static func decode(_ bytes: [UInt8]) throws(Fault) -> Checkpoint {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.hasPrefix(name) else {
      // A truncated part of the first line is a damaged checkpoint.
      throw name.hasPrefix(text) ? .damaged : .foreign
    }
    guard let lastLine = text.dropLast().lastIndex(of: "\n"), text.hasSuffix("\n") else {
      throw .damaged
    }
    let body = Array(text[...lastLine].utf8)
    let sum = try checksum(body)
    guard text[text.index(after: lastLine)...] == "sha256 \(sum)\n" else {
      throw .damaged
    }
    return try checkpoint(try values(text[..<lastLine]))
  }

  /// The lines after the first one, which has the version, by their keys.
  ///
  /// Splitting is by bytes: what Swift treats as one character may contain a line feed.
  private static func values(_ text: Substring) throws(Fault) -> [String: String] {
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let first = lines.first.flatMap { String($0.dropFirst(name.utf8.count)) } ?? ""
    guard [version, unfinishedVersion, incrementalVersion].contains(first) else {
      throw .version(first)
    }
    var values: [String: String] = [:]
    for line in lines.dropFirst() {
      let end = line.firstIndex(of: UInt8(ascii: " ")) ?? line.endIndex
      guard let key = String(line[..<end]), let value = String(line[end...].dropFirst()),
        !key.isEmpty, values.updateValue(value, forKey: key) == nil
      else { throw .damaged }
    }
    return values
  }

  /// Whether a line can't be read as several lines, and means what it seems to mean.
  ///
  /// Some values come from a server: its system identifier, the slot's plugin.
  private static func isOneLine(_ line: String) -> Bool {
    line.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: false
      default: true
      }
    }
  }

  private static func checkpoint(_ values: [String: String]) throws(Fault) -> Checkpoint {
    guard let slot = values["slot"], let position = values["position"].flatMap({ LSN($0) }),
      let system = values["system"], let timeline = values["timeline"].flatMap({ UInt32($0) })
    else { throw .damaged }
    var checkpoint = Checkpoint(
      position: position, systemID: system, timeline: timeline, slot: slot)
    checkpoint.slotState = try slotState(values)
    checkpoint.userData =
      try values.optional("data") { Base64.decode(Array($0.utf8).span) } ?? []
    checkpoint.transactionEnd = try values.optional("transaction") { LSN($0) }
    checkpoint.isFromStandby =
      try values.optional("recovery") { $0 == "1" ? true : nil } ?? false
    checkpoint.lastTransaction = try values.optional("commit", mark)
    checkpoint.snapshot = try values.optional("snapshot") { SnapshotStage(rawValue: $0) }
    checkpoint.serverVersion = try values.optional("server") { Int($0) }
    checkpoint.incremental = try values.optional("tables") { text in
      Base64.decode(Array(text.utf8).span).flatMap { String(validating: $0, as: UTF8.self) }
        .flatMap { IncrementalState(text: $0) }
    }
    return checkpoint
  }

  private static func slotState(
    _ values: [String: String]
  ) throws(Fault) -> Checkpoint.SlotState {
    var state = Checkpoint.SlotState()
    state.databaseOID = try values.optional("database") { UInt32($0) }
    state.plugin = values["plugin"]
    state.restartLSN = try values.optional("restart") { LSN($0) }
    state.sentBytes = try values.optional("sent") { Int64($0) }
    state.countedSince = try values.optional("since") {
      Int64($0).map(PostgresTimestamp.init(microseconds:))
    }
    return state
  }

  private static func mark(_ text: String) -> TransactionMark? {
    let numbers = text.split(separator: " ")
    guard numbers.count == 3, let xid = UInt32(numbers[0]), let time = Int64(numbers[1]),
      let selection = UInt64(numbers[2])
    else { return nil }
    return TransactionMark(
      xid: xid, time: PostgresTimestamp(microseconds: time), selection: selection)
  }

  private static func checksum(_ bytes: [UInt8]) throws(Fault) -> String {
    do throws(CryptoError) {
      return String(decoding: HexDigit.encode(try Digest.sha256(bytes.span)), as: UTF8.self)
    } catch {
      throw .unverifiable("\(error)")
    }
  }
}

extension [String: String] {
  /// An optional value; damaged if it is there but can't be read.
  fileprivate func optional<Read>(
    _ key: String, _ read: (String) -> Read?
  ) throws(CheckpointText.Fault) -> Read? {
    guard let text = self[key] else { return nil }
    guard let value = read(text) else { throw .damaged }
    return value
  }
}

extension Checkpoint {
  /// Whether it is of a snapshot that was not read to the end.
  var isUnfinished: Bool { snapshot?.isUnfinished == true }

  /// The checkpoint as bytes with a checksum, for your own store.
  ///
  /// - Throws: ``ReplicationError/checkpointStore(_:)`` if OpenSSL has no SHA-256, or the system
  ///   identifier, the slot's name or its plugin contains a line break or another control
  ///   character.
  public func encoded() throws(ReplicationError) -> [UInt8] {
    do {
      return try CheckpointText.encode(self)
    } catch {
      throw .checkpointStore("\(error)")
    }
  }

  /// A checkpoint from the bytes of ``encoded()``.
  ///
  /// - Throws: ``ReplicationError/checkpointStore(_:)`` if the bytes are incomplete, altered, or
  ///   not from ``encoded()``.
  public init(encoded bytes: [UInt8]) throws(ReplicationError) {
    do {
      self = try CheckpointText.decode(bytes)
    } catch {
      throw .checkpointStore("\(error)")
    }
  }
}

extension CheckpointText.Fault: CustomStringConvertible {
  var description: String { words.displayed }

  private var words: String {
    switch self {
    case .foreign: "it is not a checkpoint"
    case .version(let version): "it is of a later version (\(version))"
    case .unverifiable(let why): "its checksum can't be computed: \(why)"
    case .damaged: "it is damaged: cut off or altered"
    case .unwritable(let key):
      "the value of \"\(key)\" contains a line break or another control character"
    }
  }
}
