import ArgumentParser
import Dispatch
import Foundation
import PGWire

struct Work: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Change the tables over several connections, until SIGTERM.")

  @OptionGroup var source: SourceArguments

  @Option(help: "Connections that change rows.")
  var connections = 4

  @Option(help: "End after this number of seconds.")
  var seconds: Int?

  @Option(help: "The slot that must not fall behind by more than some megabytes.")
  var slot = TrialTables.slot

  func run() async throws {
    let workload = Workload(try source.options(), slot: slot, seconds: seconds)
    signal(SIGTERM, SIG_IGN)
    let signals = DispatchSource.makeSignalSource(signal: SIGTERM, queue: .global())
    signals.setEventHandler { workload.stop() }
    signals.activate()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<connections { group.addTask { await workload.run() } }
    }
    withExtendedLifetime(signals) {}
    print(workload.summary)
  }
}
