public import PGWire

/// A server that plays a recording to every client, as fast as the socket takes it.
///
/// It accepts every login, answers what replication clients ask before they start (ours, libpq's
/// and those built on libpq), and then plays. So a client can be measured without the cost of a
/// real server's decoding, and tested against a stream that is the same every time.
///
///     let server = try ReplayServer.start(recording)
///     defer { server.stop() }
///     // connect to 127.0.0.1 and server.port
///
/// Each client has a thread of its own, and any number may connect, at once or one after the other.
/// After the recording comes a keepalive that asks for a reply, with a position 16 MiB
/// behind the last one; then the server waits for the client to leave.
public final class ReplayServer: Sendable {
  /// How, where and how often to play.
  public struct Options: Sendable {
    /// The port on 127.0.0.1; 0 takes one that is free.
    public var port: UInt16 = 0
    /// The directory of a Unix socket to listen on too.
    public var socketDirectory: String?
    /// How many times each client is played the recording, without a break between.
    public var repeats = 1
    /// The most bytes of one write.
    public var chunk = 1 << 22
    /// Close the connection after this number of bytes of the stream.
    public var cutAfter: Int?
    /// Fall silent after this number of bytes of the stream, and stay connected.
    public var stallAfter: Int?
    /// Files of a certificate and its private key, with which TLS is offered.
    public var tls: (certificate: String, key: String)?
    /// Called after each stream, on that client's thread.
    public var onStream: (@Sendable (Played) -> Void)?

    /// The whole recording once, in large writes, on a port that is free.
    public init() {}
  }

  /// What one client was played.
  public struct Played: Hashable, Sendable {
    /// Bytes of the recording's frames, as often as they were sent.
    public let bytes: Int
    /// Frames that were sent whole.
    public let frames: Int
    /// From the first byte until the socket had taken the last one.
    public let duration: Duration
  }

  /// How far behind the last position the closing keepalive's is.
  ///
  /// A client that stops at a position between the two ends by itself.
  package static let idleGap: UInt64 = 0x100_0000

  /// The port that it listens on.
  public let port: UInt16
  /// Frames of one pass.
  public let frames: Int
  /// Bytes of one pass.
  public let bytes: Int
  /// The highest position in the recording.
  public let lastLSN: LSN

  private let interrupt: Interrupt

  private init(port: UInt16, track: ReplayTrack, interrupt: Interrupt) {
    self.port = port
    self.frames = track.frames
    self.bytes = track.bytes.count
    self.lastLSN = track.lastLSN
    self.interrupt = interrupt
  }

  deinit {
    interrupt.trigger()
  }

  /// Listens, and serves on threads of its own until ``stop()``.
  ///
  /// - Throws: ``ReplayError`` if the port or the socket's path is unavailable.
  public static func start(
    _ recording: Recording, _ options: Options = Options()
  ) throws(ReplayError) -> ReplayServer {
    let track = ReplayTrack(recording, repeats: max(options.repeats, 1))
    do throws(TransportError) {
      let interrupt = try Interrupt()
      let tcp = try ReplayListener.tcp(port: options.port)
      let port = tcp.port
      let unix = try options.socketDirectory.map { directory throws(TransportError) in
        try ReplayListener.unix(path: "\(directory)/.s.PGSQL.\(port)")
      }
      for listener in [tcp, unix].compactMap(\.self) {
        try OwnThread.start { listener.serve(track, options, interrupt) }
      }
      return ReplayServer(port: port, track: track, interrupt: interrupt)
    } catch {
      throw ReplayError(description: "\(error)")
    }
  }

  /// Closes the sockets and every connection.
  public func stop() {
    interrupt.trigger()
  }
}

/// Why a replay server could not start.
public struct ReplayError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}
