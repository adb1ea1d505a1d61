import PGWire
import Testing

@testable import ReplicationCore

/// A host program writes our errors to its log: names in them forge no line there.
@Suite struct ErrorTextTests {
  private static let evil = "a\u{1B}]0;x\u{7}\nforged: line\u{202E}\u{9B}2J"

  private static func session() -> ServerSession? {
    let texts = [
      "application_name", "usename", "datname", "client_addr", "backend_type", "state",
      "replication_state",
    ]
    return ServerSession(
      ResultRow(
        ["pid", "client_port"] + texts, ["1", "1"] + texts.map { _ in evil }))
  }

  private static var texts: [any Error] {
    let server = ServerError([.severity: evil, .message: evil])
    var errors: [ReplicationError] = [
      .invalidParameter(evil), .control(.lost(evil)), .control(.unreachable(evil)),
      .control(.unexpectedResult(evil)), .slotMissing(evil),
      .slotMismatch(evil, differences: [evil]), .publicationsMissing([evil]),
      .publicationMismatch(evil, differences: [evil]), .publicationAfterSlot(evil, slot: evil),
      .snapshotRefused(.notReadable([evil], grants: [evil])), .snapshotRefused(.rewritten([evil])),
      .snapshotRefused(.changed(server)), .requiresServer(feature: evil, since: 1, found: 1),
      .cannotResume(.otherCluster(expected: evil, found: evil), slot: evil),
      .cannotResume(.slotRecreated(evil), slot: evil),
      .cannotResume(.slotInvalidated(.other(evil)), slot: evil),
      .checkpointStore(evil),
    ]
    if let session = session() {
      errors.append(.takeOverRefused(evil, .notOurs(session, evil)))
      errors.append(.takeOverRefused(evil, .notAllowed(session, server)))
    }
    return errors
  }

  @Test func `an error's description is one line that steers nothing`() throws {
    #expect(Self.session() != nil)
    for error in Self.texts {
      let text = "\(error)"
      #expect(text == text.displayed)
    }
  }

  @Test func `nor is what a slot waits for`() throws {
    let blockers = [
      SlotWait.Blocker.prepared(Self.evil, since: nil), .session(try #require(Self.session())),
    ]
    for reason in [SlotWait.Reason.transactions, .other(Self.evil)] {
      let text = "\(SlotWait(elapsed: .zero, reason: reason, blockers: blockers))"
      #expect(text == text.displayed)
    }
  }
}
