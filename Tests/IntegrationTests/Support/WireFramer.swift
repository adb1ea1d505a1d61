/// Parts what goes over one connection into operations: what one side says at a time.
///
/// Outside TLS an operation ends with a message after which the other side may act: a query's
/// statements with Sync, and its answer with ReadyForQuery. Within TLS each record is one.
struct WireFramer {
  enum Side: String, Sendable {
    case client, server
  }

  /// What the client waits for while an operation is under way.
  enum Awaited: Hashable, Sendable {
    case tlsAnswer
    /// Anything from the handshake on: it can't be seen.
    case insideTLS
    case startupPacket, authentication, endOfStartup
    /// The session is open.
    case answer
    case cancelRequest
  }

  struct Operation: Sendable {
    let bytes: [UInt8]
    let side: Side
    /// The message's types, or a statement's beginning.
    let words: String
    let awaited: Awaited
  }

  private enum Mode {
    case opening, tlsAsked, tls, messages
  }

  private var mode = Mode.opening
  private var fromClient: [UInt8] = []
  private var fromServer: [UInt8] = []
  private var hasHeardOfAuthentication = false
  private var isReady = false
  /// Whether the session is a walsender's, if that can be seen.
  private(set) var isReplication = false

  mutating func append(_ bytes: [UInt8], from side: Side) {
    switch side {
    case .client: fromClient += bytes
    case .server: fromServer += bytes
    }
  }

  /// The next operation of a side, once all of it has come.
  mutating func next(from side: Side) -> Operation? {
    switch mode {
    case .opening: side == .client ? openingPacket() : nil
    case .tlsAsked: side == .server ? tlsAnswer() : nil
    case .tls: record(from: side)
    case .messages: messages(from: side)
    }
  }

  private mutating func take(_ count: Int, from side: Side) -> [UInt8] {
    switch side {
    case .client:
      defer { fromClient.removeFirst(count) }
      return Array(fromClient.prefix(count))
    case .server:
      defer { fromServer.removeFirst(count) }
      return Array(fromServer.prefix(count))
    }
  }

  private static func number(_ bytes: [UInt8], at index: Int) -> Int {
    bytes[index..<index + 4].reduce(0) { $0 << 8 | Int($1) }
  }
}

// MARK: - Before the session

extension WireFramer {
  private mutating func openingPacket() -> Operation? {
    if fromClient.first == 0x16 {
      mode = .tls
      return record(from: .client)
    }
    guard fromClient.count >= 8 else { return nil }
    let length = Self.number(fromClient, at: 0)
    guard length >= 8, fromClient.count >= length else { return nil }
    let code = Self.number(fromClient, at: 4)
    let bytes = take(length, from: .client)
    switch code {
    case 80_877_103, 80_877_104:
      mode = .tlsAsked
      return Operation(bytes: bytes, side: .client, words: "SSLRequest", awaited: .tlsAnswer)
    case 80_877_102:
      return Operation(
        bytes: bytes, side: .client, words: "CancelRequest", awaited: .cancelRequest)
    default:
      mode = .messages
      isReplication = String(decoding: bytes, as: UTF8.self).contains("\u{0}replication\u{0}")
      return Operation(
        bytes: bytes, side: .client, words: "StartupMessage", awaited: .startupPacket)
    }
  }

  private mutating func tlsAnswer() -> Operation? {
    guard let answer = fromServer.first else { return nil }
    switch answer {
    case UInt8(ascii: "S"): mode = .tls
    case UInt8(ascii: "E"):
      mode = .messages
      return messages(from: .server)
    default: mode = .opening
    }
    return Operation(
      bytes: take(1, from: .server), side: .server, words: "the answer to SSLRequest",
      awaited: .tlsAnswer)
  }

  private mutating func record(from side: Side) -> Operation? {
    let bytes = side == .client ? fromClient : fromServer
    guard bytes.count >= 5 else { return nil }
    let length = 5 + Int(bytes[3]) << 8 + Int(bytes[4])
    guard bytes.count >= length else { return nil }
    return Operation(
      bytes: take(length, from: side), side: side, words: "a TLS record of type \(bytes[0])",
      awaited: .insideTLS)
  }
}

// MARK: - Messages

extension WireFramer {
  /// Types of messages that are followed by others before anybody waits.
  private static func isFollowed(_ tag: UInt8, from side: Side) -> Bool {
    switch side {
    case .client: "PBDEC".utf8.contains(tag)
    case .server: "123SKTDCntIv".utf8.contains(tag)
    }
  }

  private mutating func messages(from side: Side) -> Operation? {
    let bytes = side == .client ? fromClient : fromServer
    var tags: [UInt8] = []
    var end = 0
    while bytes.count >= end + 5 {
      let tag = bytes[end]
      let length = 1 + Self.number(bytes, at: end + 1)
      guard length >= 5, bytes.count >= end + length else { return nil }
      tags.append(tag)
      end += length
      if !Self.isFollowed(tag, from: side) {
        let words = words(of: Array(bytes[..<end]), tags)
        let awaited = awaited(tags, from: side)
        return Operation(bytes: take(end, from: side), side: side, words: words, awaited: awaited)
      }
    }
    return nil
  }

  private mutating func awaited(_ tags: [UInt8], from side: Side) -> Awaited {
    if isReady { return .answer }
    if side == .client { return .authentication }
    if tags.contains(UInt8(ascii: "Z")) {
      isReady = true
      return .endOfStartup
    }
    defer { hasHeardOfAuthentication = hasHeardOfAuthentication || tags.last == UInt8(ascii: "R") }
    return hasHeardOfAuthentication ? .authentication : .startupPacket
  }

  private func words(of bytes: [UInt8], _ tags: [UInt8]) -> String {
    let types = String(decoding: tags, as: UTF8.self)
    guard tags.first == UInt8(ascii: "Q") || tags.first == UInt8(ascii: "P") else { return types }
    // The statement, behind the name of a prepared one.
    let text = bytes.dropFirst(tags.first == UInt8(ascii: "P") ? 6 : 5).prefix { $0 != 0 }
    return "\(types): \(String(decoding: text.prefix(60), as: UTF8.self))"
  }
}
