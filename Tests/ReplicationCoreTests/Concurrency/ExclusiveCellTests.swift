import Testing

@testable import ReplicationCore

@Suite struct ExclusiveCellTests {
  @Test func `is for one at a time, and free again afterwards`() throws {
    let cell = ExclusiveCell(1)
    try cell.use { (value) throws(ReplicationError) in
      #expect(throws: ReplicationError.concurrentReceive) {
        try cell.use { (value: inout Int) throws(ReplicationError) in value += 10 }
      }
      value += 1
    }
    #expect(throws: ReplicationError.closed) {
      try cell.use { (value: inout Int) throws(ReplicationError) in
        value += 1
        throw .closed
      }
    }
    let value = try cell.use { (value) throws(ReplicationError) in value }
    #expect(value == 3)
  }

  @Test func `is held while its user waits`() async throws {
    let cell = ExclusiveCell(1)
    let (waits, continues) = AsyncStream.makeStream(of: Void.self)
    let (started, hasStarted) = AsyncStream.makeStream(of: Void.self)
    let user = Task {
      try await cell.use { (value: inout Int) async throws(ReplicationError) in
        hasStarted.yield()
        for await _ in waits { break }
        value += 1
      }
    }
    for await _ in started { break }
    await #expect(throws: ReplicationError.concurrentReceive) {
      try await cell.useThrowing { $0 += 10 }
    }
    continues.yield()
    try await user.value
    let value = try cell.use { (value) throws(ReplicationError) in value }
    #expect(value == 2)
  }
}
