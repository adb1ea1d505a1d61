import Foundation
import PGWire
import ReplicationCore
import Testing

@Suite struct TotalsFileTests {
  private let path = FileManager.default.temporaryDirectory
    .appending(path: "totals-\(UUID()).json").path

  private func checkpoint(_ position: UInt64) -> Checkpoint {
    Checkpoint(
      position: LSN(rawValue: position), systemID: "7000000000000000000", timeline: 1,
      slot: "totals_slot")
  }

  @Test func `totals and position survive a restart`() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try TotalsFile(path: path)
    try await file.add(["ada": 2], checkpoint(100))
    try await file.add(["ada": 1, "grace": 1], checkpoint(200))

    let again = try TotalsFile(path: path)
    #expect(await again.totals == ["ada": 3, "grace": 1])
    #expect(try await again.load()?.position == LSN(rawValue: 200))
  }

  @Test func `an earlier position changes nothing`() async throws {
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try TotalsFile(path: path)
    try await file.add(["ada": 2], checkpoint(200))
    try await file.save(checkpoint(100))
    #expect(try await file.load()?.position == LSN(rawValue: 200))
  }
}
