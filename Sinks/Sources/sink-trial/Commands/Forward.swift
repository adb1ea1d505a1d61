import ArgumentParser
import Foundation

struct Forward: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Pass the bytes of TCP connections on to another port.",
    discussion: """
      What a network does can be done to it: stopped (kill -STOP) it takes connections and passes \
      nothing on, continued (kill -CONT) it passes them on again, killed it breaks all \
      connections, and started again on the same port it takes new ones. It prints a line once it \
      listens.
      """)

  @Option(help: "The port on 127.0.0.1 to listen at; 0 for any that is free.")
  var listen: UInt16 = 0

  @Option(help: "Where to, as HOST:PORT with a numeric address.")
  var to: String

  func run() throws {
    guard let colon = to.lastIndex(of: ":"), let port = UInt16(to[to.index(after: colon)...]) else {
      throw ValidationError("--to needs HOST:PORT")
    }
    let listener = try TCPSocket.listening(at: listen)
    let bound = try listener.port()
    // Not through a buffer: the process that has started it waits for this line.
    FileHandle.standardOutput.write(Data("listening at \(bound)\n".utf8))
    let host = String(to[..<colon])
    while true {
      let near = try listener.takeConnection()
      Thread.detachNewThread {
        // A connection that can't be passed on ends at once.
        guard let far = try? TCPSocket.connected(to: host, port: port) else { return }
        Thread.detachNewThread { near.pump(to: far) }
        far.pump(to: near)
      }
    }
  }
}

struct Port: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print a port of 127.0.0.1 that nobody listens at.")

  func run() throws {
    print(try TCPSocket.listening(at: 0).port())
  }
}
