import Testing

@testable import RedisSink

@Suite struct ThreadExecutorTests {
  private actor Counter {
    private let executor = ThreadExecutor()
    private var count = 0

    nonisolated var unownedExecutor: UnownedSerialExecutor {
      unsafe executor.asUnownedSerialExecutor()
    }

    func increment() -> Int {
      let before = count
      count = before + 1
      return count
    }
  }

  @Test func `calls from many tasks run one after the other`() async {
    let counter = Counter()
    let results = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<1000 { group.addTask { await counter.increment() } }
      var results: [Int] = []
      for await result in group { results.append(result) }
      return results
    }
    #expect(results.sorted() == Array(1...1000))
  }

  @Test func `executors come and go`() async {
    for _ in 0..<200 {
      let counter = Counter()
      #expect(await counter.increment() == 1)
    }
  }
}
