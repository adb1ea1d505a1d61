import ChangeFormats
import ChangeSinks
import Foundation
import PGWire
import ReplicationCore

/// Records as lines of a file: `0/1A2B3C8/0 public.orders {"kind":…}`, and checkpoints behind a `#`.
actor LineFileEngine: RecordEngine {
  private let path: String
  private var file: FileHandle?

  init(path: String) {
    self.path = path
  }

  func open(slot: String) async throws -> SinkState {
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(atPath: path, contents: nil)
    }
    guard let file = FileHandle(forUpdatingAtPath: path) else {
      throw SinkError(engine: path, .needsOperator, "the file can't be opened")
    }
    self.file = file
    var state = SinkState()
    var (offset, durable): (UInt64, UInt64) = (0, 0)
    var last: SinkPosition?
    let lines = (try file.readToEnd() ?? Data()).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // Behind the last line break is nothing, or a line that a crash has cut.
    for line in lines.dropLast() {
      offset += UInt64(line.count + 1)
      if line.first == UInt8(ascii: "#"), let bytes = Data(base64Encoded: Data(line.dropFirst())) {
        state = SinkState(checkpoint: try Checkpoint(encoded: Array(bytes)), position: last)
        durable = offset
      } else {
        let place = line.prefix { $0 != UInt8(ascii: " ") }
        last = SinkPosition(String(decoding: place, as: UTF8.self))
      }
    }
    // A batch without its checkpoint was not written to its end: it comes again.
    try file.truncate(atOffset: durable)
    try file.seekToEnd()
    return state
  }

  func write(_ batch: EventBatch, _ progress: SinkProgress) async throws {
    var text = Data()
    batch.forEachRecord { position, topic, record in
      text.append(contentsOf: Array("\(position) \(topic.name) ".utf8))
      switch record {
      case .event(_, let value): text.append(contentsOf: array(value))
      case .tombstone: text.append(contentsOf: Array("null".utf8))
      }
      text.append(UInt8(ascii: "\n"))
    }
    if let checkpoint = progress.checkpoint { text += try Self.line(for: checkpoint) }
    try append(text)
  }

  func save(_ checkpoint: Checkpoint) async throws {
    try append(try Self.line(for: checkpoint))
  }

  func close() async {
    try? file?.close()
    file = nil
  }

  private static func line(for checkpoint: Checkpoint) throws -> Data {
    Data("#\(Data(try checkpoint.encoded()).base64EncodedString())\n".utf8)
  }

  /// Writes to the disk, and not only to the system's memory.
  private func append(_ text: Data) throws {
    do {
      try file?.write(contentsOf: text)
      try file?.synchronize()
    } catch {
      throw SinkError(engine: path, .transient, "the file can't be written: \(error)")
    }
  }
}

func copyIntoFile(url: String, path: String) async throws {
  let params = try ReplicationParams(
    url: url, slot: "orders_file", publications: ["orders_pub"])
  var options = ConnectorOptions()
  options.subscription.snapshot = .initial()
  let sink = RecordSink(LineFileEngine(path: path), format: JSONLineFormat())
  try await Connector(params, into: sink, options: options).run()
}

func waitForSignal() async { try? await Task.sleep(for: .seconds(3600)) }

func copyIntoFiles(url: String, paths: [String: String]) async throws {
  var members: [ConnectorGroup.Member] = []
  for (publication, path) in paths {
    let params = try ReplicationParams(
      url: url, slot: "\(publication)_file", publications: [publication])
    let sink = RecordSink(LineFileEngine(path: path), format: JSONLineFormat())
    members.append(ConnectorGroup.Member(Connector(params, into: sink)))
  }
  let group = ConnectorGroup(members)
  let end = Task {
    await waitForSignal()
    await group.stop(within: .seconds(20))
  }
  for member in await group.run() {
    if let error = member.lastFailure { print("\(member.name): \(member.phase), \(error)") }
  }
  end.cancel()
}
