internal import PGOutput
internal import PGWire

/// A message of a recording, and the transaction that it belongs to.
struct RecordedMessage: Sendable {
  /// The content of its CopyData.
  let content: [UInt8]
  /// The letter of the plugin's message; `nil` for a keepalive.
  let letter: UInt8?
  /// The transaction whose block it stands in.
  let block: UInt32?
  /// Where its transaction commits; `nil` if it belongs to none that commits in the recording.
  fileprivate(set) var commit: LSN?

  /// The description of a table or a type, as it looks outside of a block; `nil` for anything else.
  var description: [UInt8]? {
    guard let letter, letter == UInt8(ascii: "R") || letter == UInt8(ascii: "Y") else {
      return nil
    }
    return [letter] + content.dropFirst(XLogDataHeader.size + (block == nil ? 1 : 5))
  }
}

/// The log that a recording was made of.
struct RecordedLog {
  private(set) var messages: [RecordedMessage] = []
  /// A position before everything that is delivered.
  private(set) var start = LSN.zero
  /// The end of everything.
  private(set) var end = LSN.zero

  private var position = StreamPosition(checks: .nothing)
  /// Where the transaction commits whose changes follow.
  private var open: LSN?
  /// The messages of transactions that are in progress, by their places in the log.
  private var blocks: [UInt32: [Int]] = [:]

  init(_ recording: Recording) {
    var contents: [[UInt8]] = []
    // What can't be read was refused when the recording was.
    try? recording.forEachFrame { contents.append($0.copied()) }
    for content in contents { take(content) }
    start = start.predecessor
  }

  private mutating func take(_ content: [UInt8]) {
    guard let header = XLogDataHeader(content.span) else { return takeKeepAlive(content) }
    end = max(end, header.start, header.end)
    if header.start > .zero { start = start > .zero ? min(start, header.start) : header.start }
    let payload = content.span.extracting(droppingFirst: XLogDataHeader.size)
    let block = position.blockXID
    let boundary = try? position.read(payload, at: header.start) { $0.boundary }
    let place = messages.count
    var commit = open
    switch boundary {
    case .opens(let stamp)?:
      open = stamp.commitLSN
      commit = open
    case .ends?: open = nil
    case .point?: commit = boundary?.commitPosition
    case .opensBlock(let start)?: blocks[start.xid, default: []].append(place)
    case .endsStreamed(let stamp, _)?:
      commit = stamp.commitLSN
      for earlier in blocks.removeValue(forKey: stamp.xid) ?? [] {
        messages[earlier].commit = stamp.commitLSN
      }
    case .aborts(let abort)?:
      if abort.isWhole { blocks[abort.xid] = nil } else { blocks[abort.xid]?.append(place) }
    case .closesBlock?, TransactionBoundary.none?, nil:
      if let block { blocks[block]?.append(place) }
    }
    messages.append(
      RecordedMessage(
        content: content, letter: content.dropFirst(XLogDataHeader.size).first, block: block,
        commit: commit))
  }

  private mutating func takeKeepAlive(_ content: [UInt8]) {
    var rest = content.span
    if (try? rest.skip(1)) != nil, let walEnd = try? rest.readLSN() { end = max(end, walEnd) }
    messages.append(RecordedMessage(content: content, letter: nil, block: nil, commit: nil))
  }
}

extension TestDatabase {
  /// A database that plays a recording of `pgcdc record` to a subscription.
  ///
  /// It has no tables, and the log of the recording. A stream that begins at a checkpoint has what
  /// was committed after that. Parameters that the recording was made with, such as streaming, are
  /// those of ``parameters(slot:publications:)``.
  ///
  ///     var params = try TestDatabase(replaying: Recording(bytes)).parameters()
  ///     params.stopAt = database.currentLSN
  ///
  /// - Parameters:
  ///   - recording: What to play.
  ///   - slot: The name of the slot, which stands before everything in the recording.
  /// - Throws: ``TestDatabaseError/foreignPlugin(_:)``.
  public convenience init(
    replaying recording: Recording, slot: String = "test_slot"
  ) throws(TestDatabaseError) {
    guard recording.header.plugin == "pgoutput" else {
      throw .foreignPlugin(recording.header.plugin)
    }
    let log = RecordedLog(recording)
    self.init(
      log: log.messages.map { .recorded($0) }, from: log.start, to: log.end, slot: slot,
      recordedWith: recording.header)
  }
}
