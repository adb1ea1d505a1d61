import ArgumentParser
import PGWire

struct Mark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Commit a marker: every consumer that gets it compares its copy with the source.",
    discussion: """
      Nobody may write meanwhile. A consumer prints "compared ID: …" when it has compared.
      """)

  @OptionGroup var server: Server

  @Argument(help: "What the marker is called; each must have another name.")
  var id: String

  func run() async throws {
    let connection = try await server.connect()
    defer { connection.close() }
    _ = try await connection.query(
      "DELETE FROM soak.marker; INSERT INTO soak.marker (id) VALUES (\(id.literal))")
  }
}
