internal import ArgumentParser
internal import PgcdcArguments
internal import ReplicationTestKit

struct ReplayCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Play a recording to any client that connects.",
    discussion: """
      It lets everyone on this machine in, whatever the user or slot, and plays as fast as the \
      client takes it, until it is interrupted. Behind the recording comes a keepalive that asks \
      for a reply.
      """)

  @Argument(help: "A file that `pgcdc record` has written.")
  var file: String

  @Option(help: "The port on 127.0.0.1; 0 takes one that is free.")
  var port: UInt16

  @Option(help: "Also listen on a Unix socket in this directory.")
  var socketDir: String?

  @Option(name: .customLong("repeat"), help: "How many times each client gets the recording.")
  var repeats = 1

  @Option(help: "Offer TLS with this certificate, a file in PEM; needs --tls-key.")
  var tlsCert: String?

  @Option(help: "The file of its private key.")
  var tlsKey: String?

  func validate() throws {
    try FileArgument.check(file)
    guard (tlsCert == nil) == (tlsKey == nil) else {
      throw ValidationError("--tls-cert and --tls-key belong together")
    }
    guard repeats > 0 else { throw ValidationError("--repeat must be at least 1") }
  }

  func run() async throws {
    let recording: Recording
    do {
      recording = try Recording(FileReader.recording(at: file))
    } catch let error as RecordingError {
      throw FileError(doing: file, reason: "\(error)")
    }
    var options = ReplayServer.Options()
    options.port = port
    options.socketDirectory = socketDir
    options.repeats = repeats
    if let tlsCert, let tlsKey { options.tls = (certificate: tlsCert, key: tlsKey) }
    options.onStream = { played in
      let seconds = played.duration / .seconds(1)
      Console.print("sent bytes=\(played.bytes) frames=\(played.frames) seconds=\(seconds)")
    }
    let server = try ReplayServer.start(recording, options)
    Console.print(
      "ready port=\(server.port) bytes=\(server.bytes) frames=\(server.frames) "
        + "last_lsn=\(server.lastLSN)")
    defer { server.stop() }
    // Until a signal cancels the task.
    while true { try await Task.sleep(for: .seconds(3600)) }
  }
}
