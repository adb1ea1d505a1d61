import ArgumentParser
import Dispatch
import Foundation
import PGWire

struct Work: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change the tables over several connections, until SIGTERM.",
    discussion: """
      At the end it prints a line for each connection. No slot whose name begins with soak_ may \
      fall behind by more than some megabytes: writers wait for it.
      """)

  @OptionGroup var server: Server

  @Option(help: "Connections that change rows; one more alters tables, another one publications.")
  var connections = 3

  @Option(help: "What decides which transactions there are.")
  var seed: UInt64

  func run() async throws {
    let workload = Workload(try server.options(), seed: seed)
    signal(SIGTERM, SIG_IGN)
    let signals = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
    signals.setEventHandler { workload.stop() }
    signals.activate()
    let kinds = Array(repeating: WriterKind.rows, count: connections) + [.shapes, .publications]
    await withTaskGroup(of: String.self) { group in
      for (number, kind) in kinds.enumerated() {
        group.addTask { await workload.run(kind, number: number) }
      }
      for await line in group { report(line) }
    }
    withExtendedLifetime(signals) {}
  }
}
