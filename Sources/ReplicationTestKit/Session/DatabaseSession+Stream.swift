internal import CDCTime
internal import PGWire

/// The stream: what the log has from a position on, and what is committed meanwhile.
extension DatabaseSession {
  /// Answers START_REPLICATION, and streams until the client ends that.
  mutating func stream(_ words: CommandWords) throws(ReplayEnd) {
    let slot = words.names.first ?? ""
    var start = LSN.zero
    if case .word(let text)? = words.after("LOGICAL").first { start = LSN(text) ?? .zero }
    switch database.hold(slot, by: pid, from: start) {
    case .refused(let answer):
      try connection.send(answer.encoded + BackendEncoder.readyForQuery(status))
    case .held(let from):
      let streaming = words.option("streaming") ?? "off"
      let request = StreamRequest(
        start: from, streams: streaming != "off", isParallel: streaming == "parallel",
        hasMessages: words.option("messages") == "true")
      try connection.send(BackendEncoder.copyBothResponse())
      try send(slot, request)
      database.release(slot, by: pid)
      try connection.send(BackendEncoder.copyBothEnd())
    }
  }

  /// Sends the log; returns when the client has said CopyDone.
  private mutating func send(_ slot: String, _ request: StreamRequest) throws(ReplayEnd) {
    var encoder = LogEncoder(request)
    var next = 0
    // The end of the log that the client was sent last.
    var told: LSN?
    while true {
      if interrupt.isTriggered { throw .stopped }
      try connection.read()
      var wantsReply = false
      while let (tag, body) = try connection.takeMessage() {
        switch tag {
        case UInt8(ascii: "d"): wantsReply = try takeReport(body, slot) || wantsReply
        case UInt8(ascii: "c"): return
        case UInt8(ascii: "X"): throw .clientLeft
        default: continue
        }
      }
      if let entry = database.entry(at: next) {
        for message in encoder.messages(for: entry) { try send(message) }
        next += 1
        if wantsReply { told = nil }
        continue
      }
      let written = database.state.withLock(\.written)
      var keepAlives = database.takeKeepAlives()
      if told != written || wantsReply { keepAlives.append(false) }
      told = written
      for isRequested in keepAlives {
        try connection.send(
          BackendEncoder.keepAlive(
            walEnd: written, replyRequested: isRequested, sentAt: .now()))
      }
      // Sending may have used up a wake-up: the log is looked at again first.
      if keepAlives.isEmpty { _ = try connection.waitOrWake(for: .read) }
    }
  }

  /// Sends a message of the plugin, unless the connection is to break before it.
  private mutating func send(_ message: [UInt8]) throws(ReplayEnd) {
    if let pause = database.messagePause {
      let end = MonotonicTime.now() + pause
      while MonotonicTime.now() < end { _ = try connection.waitOrWake(for: [], until: end) }
    }
    if database.mustBreak() { throw .stopped }
    try connection.send(message)
  }

  /// Takes in how far the client is.
  ///
  /// - Returns: Whether it asks for a keepalive.
  private func takeReport(_ content: [UInt8], _ slot: String) throws(ReplayEnd) -> Bool {
    guard content.first == UInt8(ascii: "r") else { return false }
    do throws(WireError) {
      var rest = content.span
      try rest.skip(9)
      let flush = try rest.readLSN()
      try rest.skip(16)
      if flush > .zero { database.confirm(slot, flush) }
      return try rest.readUInt8() != 0
    } catch {
      throw .malformed
    }
  }
}

// MARK: - What the database has for it

extension TestDatabase {
  /// What came of the wish to stream from a slot.
  enum Hold {
    /// The position from which the stream delivers.
    case held(from: LSN)
    case refused(ServerAnswer)
  }

  func hold(_ name: String, by pid: Int32, from start: LSN) -> Hold {
    state.withLock { state -> Hold in
      guard let slot = state.slots[name] else { return .refused(.slotMissing(name)) }
      if let holder = slot.activePID, holder != pid {
        return .refused(.slotActive(name, holder))
      }
      state.slots[name]?.activePID = pid
      return .held(from: max(start, slot.confirmedFlush))
    }
  }

  func release(_ name: String, by pid: Int32) {
    state.withLock { state in
      guard let slot = state.slots[name], slot.activePID == pid, !slot.isTemporary else { return }
      state.slots[name]?.activePID = nil
    }
  }

  func entry(at index: Int) -> LogEntry? {
    state.withLock { $0.log.indices.contains(index) ? $0.log[index] : nil }
  }

  func confirm(_ slot: String, _ position: LSN) {
    state.withLock { state in
      let position = min(position, state.written)
      state.slots[slot]?.confirm(position)
    }
  }

  /// Takes the keepalives that are to be sent; whether each asks for a reply.
  func takeKeepAlives() -> [Bool] {
    script.withLock { script in
      defer { script.keepAlives = [] }
      return script.keepAlives
    }
  }
}
