import Foundation
import ReplicationCore

/// How many orders each customer has, and how far the stream was read for that, in one file.
actor TotalsFile: CheckpointStore {
  private struct State: Codable {
    var totals: [String: Int] = [:]
    var checkpoint: [UInt8]?
  }

  private let file: URL
  private var state = State()

  init(path: String) throws {
    file = URL(filePath: path)
    guard FileManager.default.fileExists(atPath: path) else { return }
    state = try JSONDecoder().decode(State.self, from: Data(contentsOf: file))
  }

  var totals: [String: Int] { state.totals }

  func load() throws -> Checkpoint? {
    try state.checkpoint.map { try Checkpoint(encoded: $0) }
  }

  func save(_ checkpoint: Checkpoint) throws {
    // The totals of a transaction have most often brought this position along, or a later one.
    if let saved = try load(), saved.position >= checkpoint.position,
      saved.snapshot == checkpoint.snapshot
    {
      return
    }
    try replace(State(totals: state.totals, checkpoint: checkpoint.encoded()))
  }

  /// Adds orders and notes the position behind them: both, or neither.
  func add(_ orders: [String: Int], _ checkpoint: Checkpoint) throws {
    let totals = state.totals.merging(orders, uniquingKeysWith: +)
    try replace(State(totals: totals, checkpoint: checkpoint.encoded()))
  }

  private func replace(_ new: State) throws {
    try JSONEncoder().encode(new).write(to: file, options: .atomic)
    state = new
  }
}
