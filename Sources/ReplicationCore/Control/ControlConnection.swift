internal import CReplicationLibPQ
internal import PGWire

/// An ordinary SQL connection over libpq, for everything except the stream.
///
/// Its calls block, on a thread of ours, and wait only with `poll`, so that they end at once when
/// they are interrupted. The values of a query go as bound parameters.
///
/// libpq: <https://www.postgresql.org/docs/current/libpq-async.html>
@safe struct ControlConnection: ~Copyable {
  private(set) var connection: OpaquePointer?
  /// What takes libpq's place with a server in this process.
  private let inProcess: InProcessControl?
  /// The options for the one host and address that it is connected to.
  let server: ConnectionOptions
  var interrupt: Interrupt
  /// How long to wait for an answer before checking what the server does.
  var patience = AnswerPatience()

  @unsafe init(connection: OpaquePointer, server: ConnectionOptions, interrupt: Interrupt) {
    self.server = server
    inProcess = nil
    self.interrupt = interrupt
    unsafe self.connection = connection
  }

  /// A connection to a server in this process.
  init(_ inProcess: InProcessControl, server: ConnectionOptions, interrupt: Interrupt) {
    self.server = server
    self.inProcess = inProcess
    self.interrupt = interrupt
  }

  deinit {
    unsafe PQfinish(connection)
  }

  /// The server's major version.
  var serverVersion: Int {
    if let inProcess { return inProcess.serverVersion }
    return Int(unsafe PQserverVersion(connection)) / 10_000
  }

  /// The server's process that serves this connection.
  var processID: Int32 {
    if let inProcess { return inProcess.processID }
    return unsafe PQbackendPID(connection)
  }

  /// Hands it to another call, which wakes it by an interrupt of its own.
  mutating func rearm(_ interrupt: Interrupt) {
    self.interrupt = interrupt
  }

  /// Whether it can serve another call: no call is in progress, the server is still there, and it
  /// is the wanted one, if that is known.
  ///
  /// A server that ends an idle session says so or just closes the connection; any data to read is
  /// taken for that.
  func isUsable(for known: ConnectionOptions?) -> Bool {
    guard known == nil || known?.hosts == server.hosts,
      unsafe PQstatus(connection) == CONNECTION_OK,
      unsafe PQtransactionStatus(connection) == PQTRANS_IDLE
    else { return false }
    let found = try? waitUntilReady(
      unsafe PQsocket(connection), for: .read, orWoken: interrupt.descriptor,
      until: MonotonicTime.now())
    return found?.ready.isEmpty == true
  }

  /// The rows that one statement returns; its values go as bound parameters.
  func rows(_ sql: SQL) throws(ControlError) -> [ResultRow] {
    if let inProcess { return try inProcess.rows(sql.text) }
    let (text, values) = sql.bound
    return try send(text, values)
  }

  /// Runs one statement that returns nothing, and that can have no parameters.
  func execute(_ command: SQL) throws(ControlError) {
    if let inProcess {
      _ = try inProcess.rows(command.text)
      return
    }
    _ = try send(command.text, [])
  }

  private func send(
    _ sql: String, _ parameters: [String]
  ) throws(ControlError) -> [ResultRow] {
    let sent = unsafe CStringArray.with(parameters) { values in
      unsafe PQsendQueryParams(
        connection, sql, Int32(parameters.count), nil, values, nil, nil, 0)
    }
    guard sent == 1 else { throw .lost(errorMessage) }
    do throws(ControlError) {
      return try receiveResult(of: sql)
    } catch {
      if error == .transport(.cancelled) { cancelStatement() }
      throw error
    }
  }

  private func receiveResult(of statement: String) throws(ControlError) -> [ResultRow] {
    unsafe PQsetSingleRowMode(connection)
    var reception = ControlReception()
    while true {
      try flush(statement)
      while unsafe PQisBusy(connection) == 1 {
        try wait(for: .read, ofAnswerTo: statement)
        guard unsafe PQconsumeInput(connection) == 1 else { throw .lost(errorMessage) }
        try reception.noteRead()
        // Notifications are not used, and libpq would keep them.
        while let notification = unsafe PQnotifies(connection) { unsafe PQfreemem(notification) }
      }
      guard let next = unsafe PQgetResult(connection) else { break }
      defer { unsafe PQclear(next) }
      try unsafe reception.take(next)
    }
    guard let answer = try reception.answer() else { throw .lost(errorMessage) }
    return answer
  }

  private func flush(_ statement: String) throws(ControlError) {
    while true {
      switch unsafe PQflush(connection) {
      case 0: return
      case 1: try wait(for: .write, ofAnswerTo: statement)
      default: throw .lost(errorMessage)
      }
    }
  }

  func wait(
    for readiness: Readiness, until deadline: MonotonicTime?
  ) throws(ControlError) {
    do throws(TransportError) {
      while true {
        if interrupt.isTriggered { throw .cancelled }
        if let deadline, MonotonicTime.now() >= deadline { throw .timedOut }
        let (ready, _) = try waitUntilReady(
          unsafe PQsocket(connection), for: readiness, orWoken: interrupt.descriptor,
          until: deadline)
        if !ready.isEmpty { return }
      }
    } catch {
      throw .transport(error)
    }
  }

  /// Cancels the statement on the server: closing the connection alone would not stop it.
  private func cancelStatement() {
    guard let done = try? Interrupt() else { return }
    nonisolated(unsafe) let cancel = unsafe pgrepl_cancel_create(connection)
    // This opens a connection and waits for it, which must not delay a cancelled caller for long;
    // but a program that exits right afterwards should have sent the request.
    let deadline = MonotonicTime.now() + .milliseconds(80)
    try? OwnThread.start {
      unsafe pgrepl_cancel_send(cancel)
      done.trigger()
    }
    while !done.isTriggered, MonotonicTime.now() < deadline {
      _ = try? waitUntilReady(
        done.descriptor, for: .read, orWoken: done.descriptor, until: deadline)
    }
  }

  var errorMessage: String {
    guard let text = unsafe PQerrorMessage(connection) else { return "" }
    return Self.words(of: unsafe String(cString: text))
  }

  /// libpq's text in one line, without its guess of the cause if the server has reported the cause.
  static func words(of text: String) -> String {
    var lines = text.split(separator: "\n")
    if let guess = lines.firstIndex(where: { $0.hasPrefix("server closed the connection") }),
      guess > 0
    {
      lines = Array(lines[..<guess])
    }
    return lines.map { line in String(line.drop { $0 == "\t" }) }.joined(separator: "; ")
  }
}
