import TestSupport
import Testing

@testable import ReplicationCore

/// Longer histories, of which one random interleaving each is gone through.
@Suite struct RandomIncrementalTests {
  @Test(arguments: [true, false])
  func `random histories end with the source's rows`(isTransactional: Bool) async throws {
    let faults = try await offPool {
      (0..<500 as Range<UInt64>).compactMap { seed in
        Self.fault(seed: seed, isTransactional: isTransactional, IncrementalRules())
          .map { "seed \(seed): \($0)" }
      }
    }
    #expect(faults == [])
  }

  /// All but the rule of what is saved, which takes a kill at one certain moment.
  @Test(arguments: (0..<10).filter { $0 != 5 })
  func `leaving out a rule is found by some history`(index: Int) async throws {
    let found = try await offPool {
      var rules = IncrementalRules()
      rules[keyPath: ExplorerTests.mutants[index].3] = false
      return (0..<2000 as Range<UInt64>).first { [rules] seed in
        Self.fault(seed: seed, isTransactional: true, rules) != nil
      }
    }
    #expect(found != nil, Comment(rawValue: ExplorerTests.mutants[index].0))
  }

  private static func fault(
    seed: UInt64, isTransactional: Bool, _ rules: IncrementalRules
  ) -> String? {
    var random = RepeatableGenerator(seed: seed)
    let history = history(seed, hasPartialMoves: isTransactional, &random)
    var limits = IncrementalMachine.Limits()
    limits.singleKeys = Int.random(in: 0...2, using: &random)
    let setup = ModelSetup(
      history: history, rules: rules, kills: 2, failures: 3, isTransactional: isTransactional,
      limits: limits)
    return walk(setup, &random)
  }

  /// - Returns: What is wrong.
  private static func walk(_ setup: ModelSetup, _ random: inout RepeatableGenerator) -> String? {
    var world = ModelWorld(setup)
    var idle = 0
    for _ in 0..<20_000 {
      // Steps that change nothing, such as waiting, are tried again.
      let steps = world.steps(setup).filter { $0 != .kill || idle == 0 }
      guard let step = steps.randomElement(using: &random) else { break }
      if step == .kill, UInt8.random(in: 0..<10, using: &random) > 0 { continue }
      var next = world
      next.take(step, setup)
      if let failure = next.failure { return failure }
      if step == .save { next.hasSaved = false }
      idle = next == world ? idle + 1 : 0
      world = next
      if idle > 100 { break }
    }
    return world.faultAtEnd(setup)
  }

  /// - Parameter hasPartialMoves: Whether rows move without their large values: if a consumer is
  ///   given such a move twice, it no longer has them, with or without snapshots.
  static func history(
    _ seed: UInt64, hasPartialMoves: Bool, _ random: inout RepeatableGenerator
  ) -> ModelHistory {
    let count = 7
    var rows: [Int: ModelRow] = [:]
    for key in 0..<4 where Bool.random(using: &random) {
      rows[key] = ModelRow(value: -1 - key, large: 100 + key)
    }
    let initial = rows
    var value = 0
    var list: [[ModelOperation]] = []
    for _ in 0..<count {
      var operations: [ModelOperation] = []
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        value += 1
        let operation = operation(rows, value, hasPartialMoves, &random)
        operation.apply(to: &rows)
        operations.append(operation)
      }
      list.append(operations)
    }
    var history = ModelHistory(
      "random \(seed)", initial, xids: (10..<17).shuffled(using: &random), list: list)
    history.cuts = [1, 2, 3]
    history.keys = 4
    return history
  }

  private static func operation(
    _ rows: [Int: ModelRow], _ value: Int, _ hasPartialMoves: Bool,
    _ random: inout RepeatableGenerator
  ) -> ModelOperation {
    if UInt8.random(in: 0..<20, using: &random) == 0 { return .truncate }
    let key = Int.random(in: 0..<4, using: &random)
    guard rows[key] != nil else { return .insert(key, ModelRow(value: value, large: 1000 + value)) }
    let free = (0..<4).filter { rows[$0] == nil }
    switch UInt8.random(in: 0..<4, using: &random) {
    case 0: return .delete(key)
    case 1:
      guard let other = free.randomElement(using: &random) else { break }
      let large = hasPartialMoves && Bool.random(using: &random) ? nil : 2000 + value
      return .move(key, to: other, value: value, large: large)
    default: break
    }
    return .update(key, value: value)
  }
}
