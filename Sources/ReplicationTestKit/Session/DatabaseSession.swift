internal import CReplicationSystem
internal import PGWire

/// One session of a simulated server, on a thread of its own.
struct DatabaseSession: ~Copyable {
  var connection: ReplayConnection
  let database: TestDatabase
  /// The number of the process that serves it.
  let pid: Int32
  let interrupt: Interrupt
  /// What the client has started the session with.
  private(set) var parameters: [String: String] = [:]
  /// Whether a transaction is open.
  var status = TransactionStatus.idle
  /// Whether all queries of the open transaction see the same.
  var isRepeatable = false
  /// What the open transaction sees; `nil` for what is there by then.
  var snapshot: DatabaseSnapshot?
  /// The name of the snapshot that the session has exported.
  var exported: String?
  /// The statement that was prepared, and the values that are bound to it.
  private var statement: (text: String, values: [String?]) = ("", [])

  private init(
    over descriptor: Int32, of database: TestDatabase, as pid: Int32, _ interrupt: Interrupt
  ) {
    connection = ReplayConnection(
      Transport(owning: FileDescriptor(owning: descriptor)), interrupt: interrupt)
    self.database = database
    self.pid = pid
    self.interrupt = interrupt
  }

  /// Serves a client that has connected, until it leaves.
  ///
  /// - Parameter descriptor: The server's end of the connection, which is closed in any case.
  static func start(over descriptor: Int32, of database: TestDatabase) throws(TransportError) {
    let socket = FileDescriptor(owning: descriptor)
    let interrupt = try Interrupt()
    let pid = database.sessions.add(interrupt)
    let raw = socket.release()
    pgrepl_prevent_signal(raw)
    do throws(TransportError) {
      try OwnThread.start {
        var session = DatabaseSession(over: raw, of: database, as: pid, interrupt)
        session.serve()
      }
    } catch {
      _ = FileDescriptor(owning: raw)
      database.sessions.remove(pid)
      throw error
    }
  }

  private mutating func serve() {
    // However it ends, the connection is closed, and the client sees that.
    try? run()
    connection.drain()
    database.ended(pid, exported: exported)
  }

  private mutating func run() throws(ReplayEnd) {
    try begin()
    while true {
      let (tag, body) = try connection.nextMessage()
      switch tag {
      case UInt8(ascii: "Q"):
        try answerQuery(String(decoding: body.prefix { $0 != 0 }, as: UTF8.self))
      case UInt8(ascii: "P"), UInt8(ascii: "B"), UInt8(ascii: "D"), UInt8(ascii: "E"),
        UInt8(ascii: "C"), UInt8(ascii: "H"), UInt8(ascii: "S"):
        try takeExtended(tag, body)
      case UInt8(ascii: "X"): return
      // What was under way when a stream or a COPY ended.
      case UInt8(ascii: "d"), UInt8(ascii: "c"), UInt8(ascii: "f"): continue
      default: throw .malformed
      }
    }
  }
}

// MARK: - The beginning

extension DatabaseSession {
  private static let sslRequest: UInt32 = 80_877_103
  private static let gssEncryptionRequest: UInt32 = 80_877_104
  private static let protocolVersion3: UInt32 = 3

  private mutating func begin() throws(ReplayEnd) {
    while true {
      let (code, body) = try connection.nextStartupPacket()
      switch code {
      case Self.sslRequest, Self.gssEncryptionRequest:
        try connection.send([UInt8(ascii: "N")])
      case _ where code >> 16 == Self.protocolVersion3:
        readParameters(body)
        return try letIn()
      // A request to cancel has no answer: nothing here takes long.
      default: throw .malformed
      }
    }
  }

  private mutating func letIn() throws(ReplayEnd) {
    if let refusal = database.takeRefusal() {
      try connection.send(BackendEncoder.errorResponse(refusal))
      throw .stopped
    }
    if database.mustFail("the server takes a connection") { throw .stopped }
    let settings = [
      ("server_version", database.serverVersion), ("server_encoding", "UTF8"),
      ("client_encoding", "UTF8"), ("integer_datetimes", "on"),
      ("standard_conforming_strings", "on"), ("in_hot_standby", "off"),
      ("default_transaction_read_only", "off"), ("DateStyle", "ISO, MDY"),
      ("IntervalStyle", "postgres"), ("TimeZone", "UTC"),
    ]
    try connection.send(
      BackendEncoder.authenticationOk()
        + settings.flatMap { BackendEncoder.parameterStatus($0.0, $0.1) }
        + BackendEncoder.backendKeyData(processID: pid) + BackendEncoder.readyForQuery())
  }

  private mutating func readParameters(_ body: [UInt8]) {
    var rest = body.span
    while let name = try? rest.readCString(), !name.isEmpty {
      parameters[name] = try? rest.readCString()
    }
  }
}

// MARK: - Queries

extension DatabaseSession {
  private mutating func answerQuery(_ sql: String) throws(ReplayEnd) {
    let words = CommandWords(sql)
    switch words.command {
    case "START_REPLICATION": try stream(words)
    case "COPY": try copy(words)
    default:
      let reply = answer(to: sql, words, bound: [])
      try connection.send(reply.encoded + BackendEncoder.readyForQuery(status))
    }
  }

  /// Takes a message of the extended protocol, of which libpq sends five for each query.
  private mutating func takeExtended(_ tag: UInt8, _ body: [UInt8]) throws(ReplayEnd) {
    switch tag {
    case UInt8(ascii: "P"): statement = (try Self.statement(in: body), [])
    case UInt8(ascii: "B"): statement.values = try Self.values(in: body)
    case UInt8(ascii: "E"):
      let reply = answer(
        to: statement.text, CommandWords(statement.text), bound: statement.values)
      try connection.send(reply.encodedExtended)
    case UInt8(ascii: "S"): try connection.send(BackendEncoder.readyForQuery(status))
    case UInt8(ascii: "C"): try connection.send(BackendEncoder.message(tag: UInt8(ascii: "3")))
    // Describe and Flush: what they ask for is sent with the rows.
    default: return
    }
  }

  /// The SQL in a Parse message.
  ///
  ///     name 0 | SQL 0 | …
  private static func statement(in body: [UInt8]) throws(ReplayEnd) -> String {
    do throws(WireError) {
      var rest = body.span
      _ = try rest.readCString()
      return try rest.readCString()
    } catch {
      throw .malformed
    }
  }

  /// The values in a Bind message, all of them text.
  ///
  ///     portal 0 | statement 0 | formats 2 | { 2 } … | values 2 | { length 4 | text } … | …
  private static func values(in body: [UInt8]) throws(ReplayEnd) -> [String?] {
    do throws(WireError) {
      var rest = body.span
      _ = try rest.readCString()
      _ = try rest.readCString()
      let formats = try rest.readInt16()
      try rest.skip(2 * Int(formats))
      let count = try rest.readInt16()
      var values: [String?] = []
      for _ in 0..<max(Int(count), 0) {
        let length = Int(try rest.readInt32())
        if length < 0 {
          values.append(nil)
        } else {
          values.append(String(decoding: try rest.readBytes(length), as: UTF8.self))
        }
      }
      return values
    } catch {
      throw .malformed
    }
  }
}
