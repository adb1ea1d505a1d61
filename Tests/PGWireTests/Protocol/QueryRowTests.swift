import PGWire
import ReplicationTestKit
import Testing

private typealias Backend = BackendEncoder

/// Rows as they come: as many as there are, and each as it was described.
@Suite struct QueryRowTests {
  @Test(
    arguments: [
      (["a", "b"], ["1"], 2), (["a"], ["1", "2"], 1), (["a"], [], 1), ([], ["1"], 0),
    ] as [([String], [String?], Int)])
  func `a row has the columns of its description`(
    columns: [String], row: [String?], count: Int
  ) throws {
    var script = try MachineScript.querying()
    try script.receive(Backend.rowDescription(columns))
    let error = PGWireError.wire(.rowWidth(found: row.count, described: count))
    try script.receive(Backend.dataRow(row), .fail(error))
    #expect("\(error)".contains("\(row.count) values") && "\(error)".contains("\(count) columns"))
    #expect(script.machine.query("SELECT 1") == .fail(.closed))
  }

  @Test func `a row comes after a description, for each statement anew`() throws {
    var script = try MachineScript.querying()
    try script.receive(
      Backend.dataRow(["1"]), .fail(.wire(.rowWidth(found: 1, described: nil))))

    script = try MachineScript.querying()
    try script.receive(
      Backend.rowDescription(["a"]), Backend.dataRow(["1"]), Backend.commandComplete("SELECT 1"))
    try script.receive(
      Backend.dataRow(["1"]), .fail(.wire(.rowWidth(found: 1, described: nil))))
  }

  @Test(
    arguments: [
      [Backend.rowDescription(["a"]), Backend.rowDescription(["a"])],
      [Backend.errorResponse(.syntaxError, "e"), Backend.rowDescription(["a"])],
      [
        Backend.rowDescription(["a"]), Backend.errorResponse(.syntaxError, "e"),
        Backend.dataRow(["1"]),
      ],
      [Backend.errorResponse(.syntaxError, "e"), Backend.commandComplete("SELECT 0")],
      [Backend.errorResponse(.syntaxError, "e"), Backend.emptyQueryResponse()],
    ])
  func `a statement is described once, and an error ends it`(frames: [[UInt8]]) throws {
    var script = try MachineScript.querying()
    for frame in frames.dropLast() { try script.receive(frame) }
    try script.receive(try #require(frames.last), .fail(.unexpectedMessage))
  }
}
