import Foundation
import TestSupport
import Testing

@testable import ReplicationCore

/// Every interleaving of small histories leaves the mirror equal to the source.
@Suite struct ExplorerTests {
  static let histories: [ModelHistory] = [
    .updates, .moves, .truncation, .independent, .moveAndBack,
  ]

  /// The number of worlds after which a history is left, so that the suite takes seconds.
  ///
  /// The smaller histories are gone through to their end, and each rule that is left out is found.
  /// `PGREPL_TEST_INTERLEAVINGS=all` goes through everything, which takes minutes.
  private static let limit = goesThroughAll ? Int.max : 15_000
  private static let goesThroughAll =
    ProcessInfo.processInfo.environment["PGREPL_TEST_INTERLEAVINGS"] == "all"

  @Test(arguments: histories.indices, [true, false])
  func `no interleaving loses, repeats or outdates a row`(index: Int, early: Bool) async throws {
    let (fault, worlds) = try await offPool {
      var explorer = Explorer(
        ModelSetup(history: Self.histories[index], commitsBeforeVisible: early))
      return (explorer.run(limit: Self.limit), explorer.worlds)
    }
    #expect(fault == nil)
    #expect(worlds > 5000)
  }

  /// The history, whether a killed consumer is set back to its checkpoint, and worker failures.
  static let kills: [(ModelHistory, Bool, Int)] = [
    (.independent, true, 0), (.independent, false, 0), (.moveAndBack, true, 0),
    (.independent, true, 1),
  ]

  @Test(arguments: kills.indices)
  func `nor does a kill, wherever the checkpoint was saved`(index: Int) async throws {
    let (fault, worlds) = try await offPool {
      let (history, isTransactional, failures) = Self.kills[index]
      var explorer = Explorer(
        ModelSetup(
          history: history, kills: 1, failures: failures, isTransactional: isTransactional))
      return (explorer.run(limit: Self.limit), explorer.worlds)
    }
    #expect(fault == nil)
    #expect(worlds > 5000)
  }

  /// What is left out, the history that needs it, how many kills, and the rule.
  typealias Mutant = (String, ModelHistory, Int, WritableKeyPath<IncrementalRules, Bool>)

  static var mutants: [Mutant] {
    [
      ("guard left out", .updates, 0, \.checksDropped),
      ("positions compared in place of ids", .updates, 0, \.comparesIDs),
      ("arming left out", .updates, 0, \.holdsWhileArming),
      ("open changes delivered", .updates, 0, \.dropsWhileOpen),
      ("filter forgotten before the horizon", .updates, 0, \.filtersUpToHorizon),
      ("dropped ids not saved", .independent, 1, \.savesDropped),
      ("chunk placed after a transaction that touches it", .updates, 0, \.placesChunkFirst),
      ("change of a key judged as one", .moves, 0, \.splitsKeyChanges),
      ("moved rows not read again", .moveAndBack, 0, \.readsMovedRowsAgain),
      ("current transaction not guarded", .updates, 0, \.guardsCurrent),
    ]
  }

  @Test(arguments: 0..<10)
  func `leaving out a rule is found`(index: Int) async throws {
    let isFound = try await offPool {
      let (_, history, kills, rule) = Self.mutants[index]
      var setup = ModelSetup(history: history, kills: kills)
      setup.rules[keyPath: rule] = false
      var explorer = Explorer(setup)
      return explorer.run(limit: 30_000) != nil
    }
    #expect(isFound, Comment(rawValue: Self.mutants[index].0))
  }
}
