internal import PGWire

/// One client's session: startup, questions, the stream.
struct ReplaySession: ~Copyable {
  private var connection: ReplayConnection
  private let track: ReplayTrack
  private let options: ReplayServer.Options

  private static let sslRequest: UInt32 = 80_877_103
  private static let gssEncryptionRequest: UInt32 = 80_877_104
  private static let protocolVersion3: UInt32 = 3

  init(
    _ connection: consuming ReplayConnection, _ track: ReplayTrack, _ options: ReplayServer.Options
  ) {
    self.connection = connection
    self.track = track
    self.options = options
  }

  /// Serves the client until it leaves.
  mutating func run() throws(ReplayEnd) {
    try start()
    while true {
      let (tag, body) = try connection.nextMessage()
      switch tag {
      case UInt8(ascii: "Q"): try answer(String(decoding: body.prefix { $0 != 0 }, as: UTF8.self))
      case UInt8(ascii: "X"): return
      // What was under way when the stream ended.
      case UInt8(ascii: "d"), UInt8(ascii: "c"): continue
      default: return try connection.send(ReplayMessages.refusal)
      }
    }
  }

  private mutating func start() throws(ReplayEnd) {
    while true {
      let (code, _) = try connection.nextStartupPacket()
      switch code {
      case Self.sslRequest where options.tls != nil:
        guard let tls = options.tls else { continue }
        try connection.send([UInt8(ascii: "S")])
        try connection.startTLS(certificate: tls.certificate, key: tls.key)
      case Self.sslRequest, Self.gssEncryptionRequest:
        try connection.send([UInt8(ascii: "N")])
      case _ where code >> 16 == Self.protocolVersion3:
        return try connection.send(ReplayMessages.welcome(serverVersion: track.serverVersion))
      default: throw .malformed
      }
    }
  }

  private mutating func answer(_ query: String) throws(ReplayEnd) {
    guard query.uppercased().hasPrefix("START_REPLICATION") else {
      return try connection.send(ReplayMessages.answer(to: query, track))
    }
    try connection.send(ReplayMessages.streamBegins)
    let clientIsDone = try play()
    if !clientIsDone {
      let walEnd = track.lastLSN.advanced(by: ReplayServer.idleGap)
      try connection.send(ReplayMessages.keepAlive(walEnd: walEnd))
      while try connection.nextMessage().tag != UInt8(ascii: "c") {}
    }
    try connection.send(ReplayMessages.streamEnds)
  }

  /// Plays the recording and reports the result.
  ///
  /// - Returns: Whether the client has ended the stream before the recording was through.
  private mutating func play() throws(ReplayEnd) -> Bool {
    var position = 0
    let start = MonotonicTime.now()
    defer {
      options.onStream?(
        ReplayServer.Played(
          bytes: position, frames: track.frames(within: position).whole,
          duration: MonotonicTime.now() - start))
    }
    var end = track.totalBytes
    var clientIsDone = false
    while position < end {
      if let cut = options.cutAfter, position >= cut { throw .stopped }
      let isStalled = options.stallAfter.map { position >= $0 && !clientIsDone } ?? false
      let ready = try connection.wait(for: isStalled ? .read : [.read, .write])
      if ready.contains(.read), try receive(), !clientIsDone {
        clientIsDone = true
        // No frame is left half sent.
        end = track.frames(within: position).end
      }
      if ready.contains(.write) { position += try write(from: position, to: end) }
    }
    return clientIsDone
  }

  /// Writes once, at most to the end of a pass or to where a cut or a stall is due.
  private mutating func write(from position: Int, to end: Int) throws(ReplayEnd) -> Int {
    let offset = position % track.bytes.count
    var count = min(end - position, track.bytes.count - offset, max(options.chunk, 1))
    for limit in [options.cutAfter, options.stallAfter].compactMap(\.self) where limit > position {
      count = min(count, limit - position)
    }
    guard count > 0 else { return 0 }
    let bytes = track.bytes
    return try connection.write(bytes.span.extracting(offset..<offset + count))
  }

  /// Drops what the client reports.
  ///
  /// - Returns: Whether it has said CopyDone.
  private mutating func receive() throws(ReplayEnd) -> Bool {
    try connection.read()
    var isDone = false
    while !isDone, let (tag, _) = try connection.takeMessage() {
      if tag == UInt8(ascii: "X") { throw .clientLeft }
      isDone = tag == UInt8(ascii: "c")
    }
    return isDone
  }
}
