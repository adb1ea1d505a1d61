internal import Logging
public import PGWire

/// Examines a server for anything that can prevent or break replication.
///
///     let diagnosis = try await Doctor(options, slot: "s", publications: ["p"]).examine()
///     for finding in diagnosis.findings where finding.severity == .problem { print(finding.what) }
///
/// It changes nothing. It opens a control connection, and a replication connection that is closed
/// again at once.
public struct Doctor: Sendable {
  /// Where to connect, and as which role.
  public var connection: ConnectionOptions
  /// The slot to be streamed from, if any.
  public var slot: String?
  /// The publications to be streamed.
  public var publications: [String]
  /// The output plugin to be used.
  public var plugin = "pgoutput"
  /// The longest time between two reports to the server, as in ``ReplicationParams``.
  public var statusInterval = Duration.seconds(10)
  /// How long to watch the log grow.
  public var watchingTime = Duration.seconds(1)

  /// A doctor for a server and, if given, a slot and publications.
  ///
  /// - Parameters:
  ///   - connection: Where to connect, and as which role.
  ///   - slot: The slot to be streamed from; `nil` if there is none yet.
  ///   - publications: The publications to be streamed, by their exact names.
  public init(_ connection: ConnectionOptions, slot: String? = nil, publications: [String] = []) {
    self.connection = connection
    self.slot = slot
    self.publications = publications
  }

  /// Examines the server, and returns the findings.
  ///
  /// - Throws: ``ReplicationError`` if the server can't be examined. Problems of the server are not
  ///   errors but findings, and so is anything that this role may not see.
  public func examine() async throws(ReplicationError) -> Diagnosis {
    if let slot { _ = try SlotName(slot) }
    let link = ControlLink(connection)
    defer { link.close() }
    let earlier = try await link.run(known: nil) { control throws(ControlError) in
      (try control.ask(.walSample), control.server)
    }
    let start = MonotonicTime.now()
    var session = try await examineReplication(earlier.1)
    do {
      try await Task.sleep(for: max(watchingTime - (MonotonicTime.now() - start), .zero))
    } catch {
      throw .cancelled
    }
    var facts = try await link.run(known: earlier.1) {
      [publications] control throws(ControlError) in
      try control.doctorFacts(publications: publications, since: earlier.0)
    }
    session.tlsVersion = facts.connection.tlsVersion
    session.tlsCipher = facts.connection.tlsCipher
    session.clientAddress = facts.connection.clientAddress
    session.isLoopback = facts.connection.isLoopback
    session.hbaRule = facts.connection.hbaRule
    facts.connection = session
    let judge = Judge(
      facts: facts, slot: slot, publications: publications, plugin: plugin,
      statusInterval: statusInterval)
    return Diagnosis(findings: judge.findings)
  }

  /// Tries to connect as a walsender.
  private func examineReplication(
    _ server: ConnectionOptions
  ) async throws(ReplicationError) -> ConnectionFacts {
    var facts = ConnectionFacts()
    do throws(PGWireError) {
      let connection = try await WireConnection.connect(server, replication: .database)
      defer { connection.close() }
      let system = try await connection.query("IDENTIFY_SYSTEM").first
      facts.systemID = system?.first("systemid")
      facts.timeline = system?.first("timeline")
      facts.replicationWorks = true
    } catch {
      if error.isCancelled { throw .cancelled }
      facts.replicationFailure = "\(error)"
    }
    return facts
  }
}
