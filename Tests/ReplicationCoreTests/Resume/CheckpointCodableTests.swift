import Foundation
import PGWire
import ReplicationCore
import Testing

/// Checkpoints in a store of one's own.
@Suite struct CheckpointCodableTests {
  private struct StoredRow: Codable, Equatable {
    var name: String
    var checkpoint: Checkpoint?
  }

  private let checkpoint = {
    var checkpoint = Checkpoint(
      position: LSN(rawValue: 0x1A2_B3C8), systemID: "7480000000000000000", timeline: 2, slot: "s")
    checkpoint.userData = [0, 1, 0xFF]
    checkpoint.transactionEnd = LSN(rawValue: 0x1A2_B3C0)
    checkpoint.serverVersion = 18
    return checkpoint
  }()

  @Test func `a checkpoint is the same after it was stored as a part of something`() throws {
    for row in [
      StoredRow(name: "a", checkpoint: checkpoint), StoredRow(name: "b", checkpoint: nil),
    ] {
      let data = try JSONEncoder().encode(row)
      #expect(try JSONDecoder().decode(StoredRow.self, from: data) == row)
    }
  }

  @Test func `a text that was altered is an error`() throws {
    let text = String(decoding: try JSONEncoder().encode([checkpoint]), as: UTF8.self)
    let damaged = text.replacing("timeline 2", with: "timeline 3")
    #expect(damaged != text)
    let error = #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([Checkpoint].self, from: Data(damaged.utf8))
    }
    #expect(error.map { "\($0)".contains("damaged") } == true)
  }
}
