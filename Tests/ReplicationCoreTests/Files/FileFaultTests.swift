import Foundation
import Logging
import PGOutput
import PGWire
import ReplicationTestKit
import Synchronization
import Testing

@testable import ReplicationCore

/// Every step on the files of checkpoints and of spilled transactions fails once: the error names
/// the file, and nothing is lost.
@Suite(.timeLimit(.minutes(15))) struct FileFaultTests {
  /// Fails one step, the one of this number.
  private final class Once: Sendable {
    private struct State {
      var reached = 0
      var struck: FileFaults.Step?
    }

    private let state = Mutex(State())
    private let number: Int
    private let fault: FileFaults.Fault

    init(_ number: Int, _ fault: FileFaults.Fault) {
      self.number = number
      self.fault = fault
    }

    /// The step that has failed.
    var struck: FileFaults.Step? { state.withLock { $0.struck } }

    var faults: FileFaults { FileFaults { step in self.reach(step) } }

    private func reach(_ step: FileFaults.Step) -> FileFaults.Fault? {
      state.withLock { state -> FileFaults.Fault? in
        state.reached += 1
        guard state.reached == number else { return nil }
        state.struck = step
        return fault
      }
    }
  }

  private static let faults: [FileFaults.Fault] = [
    .refused(errno: ENOSPC), .torn(errno: ENOSPC), .refused(errno: EIO), .torn(errno: EIO),
  ]

  private func inDirectory(_ body: (String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.path)
  }

  // MARK: The checkpoint

  private func checkpoint(_ number: Int) -> Checkpoint {
    Checkpoint(
      position: LSN(rawValue: UInt64(number)), systemID: "7480000000000000001", timeline: 1,
      slot: "orders")
  }

  @Test(arguments: faults)
  func `a checkpoint's file is whole after any step that fails`(
    fault: FileFaults.Fault
  ) async throws {
    var seen: Set<FileFaults.Step> = []
    for number in 1...100 {
      let once = Once(number, fault)
      try await inDirectory { try await saveAndLoad(in: $0, once, fault) }
      guard let step = once.struck else { break }
      seen.insert(step)
    }
    #expect(
      seen == [.create, .write, .synchronize, .rename, .synchronizeDirectory, .open, .read])
  }

  /// A process that saves and loads until something fails, and the one after it.
  private func saveAndLoad(
    in directory: String, _ once: Once, _ fault: FileFaults.Fault
  ) async throws {
    let path = directory + "/checkpoint"
    try await FileCheckpointStore(path: path).save(checkpoint(1))
    let store = FileCheckpointStore(path: path, faults: once.faults)
    var (saved, tried) = (1, 1)
    do throws(ReplicationError) {
      for number in 2...3 {
        tried = number
        try await store.save(checkpoint(number))
        saved = number
        let loaded = try await store.load()
        #expect(loaded == checkpoint(number))
      }
      #expect(once.struck == nil)
    } catch {
      let step = try #require(once.struck, "\(error)")
      guard case .checkpointStore(let words) = error else {
        Issue.record("\(step): \(error)")
        return
      }
      #expect(words.contains(path) && words.contains(step.rawValue), "\(words)")
      #expect(words.contains(describeErrno(fault.errno)), "\(words)")
      #expect(error.category == .needsOperator)
    }
    let next = FileCheckpointStore(path: path)
    let left = try await next.load()
    #expect(left == checkpoint(saved) || left == checkpoint(tried), "\(left as Any)")
    // What the first one has left behind is in the way of nothing.
    try await next.save(checkpoint(9))
    #expect(try await next.load() == checkpoint(9))
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["checkpoint"])
  }

  // MARK: Spilled transactions

  private static let table = TestTable(
    "orders", columns: [.key("id", .int8), .column("note", .text)])
  private static let rows = 0..<120

  @Test(arguments: faults)
  func `transactions that can't be spilled are delivered later, each row once`(
    fault: FileFaults.Fault
  ) async throws {
    var seen: Set<FileFaults.Step> = []
    var isOver = false
    for number in 1...1000 {
      let once = Once(number, fault)
      #expect(try await spillAndRestart(once, fault) == Array(Self.rows))
      guard let step = once.struck else {
        isOver = true
        break
      }
      seen.insert(step)
    }
    #expect(isOver)
    #expect(seen == [.create, .write, .read])
  }

  /// - Returns: The rows that the two processes have received.
  private func spillAndRestart(_ once: Once, _ fault: FileFaults.Fault) async throws -> [Int] {
    let database = TestDatabase([Self.table])
    for part in [Self.rows.prefix(60), Self.rows.dropFirst(60)] {
      try database.commit { changes in
        for id in part {
          let note = TestValue(String(repeating: "x", count: 300))
          try changes.insert(into: "orders", ["id": TestValue(id), "note": note])
        }
      }
    }
    let store = MemoryCheckpointStore()
    var received: [Int] = []
    var options = SubscriptionOptions.impatient
    options.keepsTransactionsWhole = true
    options.streamedBytes = 4096
    options.spillFaults = once.faults
    for isFirst in [true, false] {
      let subscription = try database.subscription(checkpoints: store, options: options) {
        $0.logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        $0.stopAt = database.currentLSN
      }
      do {
        try await subscription.run { transaction in
          var staged: [Int] = []
          for try await change in transaction.changes {
            guard case .insert(let row) = change else { continue }
            staged.append(try row.withRow { Int(try $0["id", as: Int64.self]) })
          }
          received += staged
        }
        return received
      } catch let error as ReplicationError {
        #expect(isFirst && once.struck != nil, "\(error)")
        guard case .spill(let spill) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(spill.directory == options.spillDirectory && spill.errno == fault.errno)
        #expect(error.category == .needsOperator)
      }
    }
    return received
  }
}
