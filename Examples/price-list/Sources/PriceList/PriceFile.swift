import Foundation
public import ReplicationCore

/// Prices, and how far the stream was read for them, in one file that is replaced atomically.
public actor PriceFile: CheckpointStore {
  private struct State: Codable {
    var prices = Prices()
    var checkpoint: [UInt8]?
  }

  private let file: URL
  private let step: @Sendable (String) throws -> Void
  private var state = State()

  /// Opens the file, or begins an empty one.
  ///
  /// - Parameter step: Called before and after each replacement, so that a test can let it fail.
  public init(path: String, step: @escaping @Sendable (String) throws -> Void = { _ in }) throws {
    file = URL(filePath: path)
    self.step = step
    guard FileManager.default.fileExists(atPath: path) else { return }
    state = try JSONDecoder().decode(State.self, from: Data(contentsOf: file))
  }

  public var prices: Prices { state.prices }

  /// Stores prices and the position behind them: both, or neither.
  func store(_ prices: Prices, _ checkpoint: Checkpoint) throws {
    try replace(State(prices: prices, checkpoint: checkpoint.encoded()))
  }

  public func load() throws -> Checkpoint? {
    try state.checkpoint.map { try Checkpoint(encoded: $0) }
  }

  public func save(_ checkpoint: Checkpoint) throws {
    // Most often the prices have brought this position along, or a later one.
    if let saved = try load(), saved.covers(checkpoint) { return }
    try replace(State(prices: state.prices, checkpoint: checkpoint.encoded()))
  }

  private func replace(_ new: State) throws {
    try step("the file is replaced")
    try JSONEncoder().encode(new).write(to: file, options: .atomic)
    state = new
    try step("the file has been replaced")
  }
}
