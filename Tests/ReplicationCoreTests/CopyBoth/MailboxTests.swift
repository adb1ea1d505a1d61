import PGWire
import Synchronization
import Testing

@testable import ReplicationCore

@Suite struct MailboxTests {
  private let pool = SegmentPool(budget: 1 << 20, segmentSize: 1 << 12, wakeReader: {})

  /// A batch that is told from others by its size.
  private func batch(_ number: Int) -> Batch {
    Batch(segment: pool.take(atLeast: 1), range: 0..<number)
  }

  private func numbers(_ delivery: Mailbox.Delivery) -> [Int]? {
    guard case .batches(let batches) = delivery else { return nil }
    return batches.map(\.range.count)
  }

  private func isCancelled(_ delivery: Mailbox.Delivery) -> Bool {
    if case .cancelled = delivery { true } else { false }
  }

  private func end(_ delivery: Mailbox.Delivery) -> StreamEnd? {
    if case .ended(let end) = delivery { end } else { nil }
  }

  @Test func `hands over all that is there, in order`() async {
    let mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {})
    for number in 1...3 { mailbox.put(batch(number), more: false) }
    #expect(numbers(await mailbox.take()) == [1, 2, 3])
    #expect(mailbox.takeBatches() == nil)
    mailbox.put(batch(4), more: false)
    #expect(mailbox.takeBatches()?.map(\.range.count) == [4])
  }

  @Test func `wakes every waiter`() async {
    let (waiting, signal) = AsyncStream.makeStream(of: Void.self)
    let mailbox = Mailbox(readAhead: 1 << 20) { signal.yield() }
    mailbox.readerStops()
    async let delivery = mailbox.take()
    for await _ in waiting { break }
    #expect(mailbox.isConsumerStarved)
    mailbox.put(batch(7), more: false)
    #expect(numbers(await delivery) == [7])
    #expect(!mailbox.isConsumerStarved)
  }

  @Test func `lets a consumer sleep while more is coming`() async {
    let (waiting, signal) = AsyncStream.makeStream(of: Void.self)
    let mailbox = Mailbox(readAhead: 1000) { signal.yield() }
    mailbox.readerStops()
    async let delivery = mailbox.take()
    for await _ in waiting { break }
    mailbox.put(batch(1), more: true)
    // It isn't starved either: there is something for it, so the reader needs no memory by force.
    #expect(!mailbox.isConsumerStarved)
    mailbox.put(batch(2), more: true)
    mailbox.wakeConsumer()
    #expect(numbers(await delivery) == [1, 2])
  }

  @Test func `wakes the consumer when no more has room`() async {
    let (waiting, signal) = AsyncStream.makeStream(of: Void.self)
    let mailbox = Mailbox(readAhead: 1000) { signal.yield() }
    mailbox.readerStops()
    async let delivery = mailbox.take()
    for await _ in waiting { break }
    mailbox.put(batch(1000), more: true)
    #expect(numbers(await delivery) == [1000])
  }

  @Test func `a look that finds nothing wakes the reader as well`() async {
    let (waiting, signal) = AsyncStream.makeStream(of: Void.self)
    let mailbox = Mailbox(readAhead: 1000) { signal.yield() }
    mailbox.readerStops()
    #expect(!mailbox.isConsumerStarved)
    #expect(mailbox.takeBatches() == nil)
    #expect(mailbox.isConsumerStarved)
    for await _ in waiting { break }
    mailbox.put(batch(1), more: false)
    #expect(mailbox.takeBatches()?.count == 1)
    #expect(!mailbox.isConsumerStarved)
  }

  @Test func `ends after what is there`() async {
    let mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {})
    mailbox.put(batch(1), more: false)
    mailbox.finish(.serverShutdown)
    mailbox.finish(.closed)
    mailbox.put(batch(2), more: false)
    #expect(numbers(await mailbox.take()) == [1])
    for _ in 1...2 { #expect(end(await mailbox.take()) == .serverShutdown) }
    #expect(mailbox.end == .serverShutdown)
  }

  @Test func `wakes every waiter when it ends`() async {
    let (waiting, signal) = AsyncStream.makeStream(of: Void.self)
    let mailbox = Mailbox(readAhead: 1 << 20) { signal.yield() }
    mailbox.readerStops()
    async let delivery = mailbox.take()
    for await _ in waiting { break }
    mailbox.finish(.closed)
    #expect(end(await delivery) == .closed)
    #expect(!mailbox.isConsumerStarved)
  }

  @Test func `drops what nobody has taken`() async {
    let mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {})
    mailbox.put(batch(1), more: false)
    mailbox.discard()
    #expect(mailbox.takeBatches() == nil)
    #expect(pool.bytesInUse == 0)
  }

  @Test func `has room until so much waits, and wakes the reader when half is opened`() async {
    let wakes = AsyncStream.makeStream(of: Void.self)
    let count = Atomic<Int>(0)
    let mailbox = Mailbox(readAhead: 100) {
      count.add(1, ordering: .relaxed)
      wakes.continuation.yield()
    }
    mailbox.put(batch(60), more: false)
    #expect(mailbox.hasRoom)
    mailbox.put(batch(30), more: false)
    mailbox.put(batch(10), more: false)
    #expect(!mailbox.hasRoom)
    mailbox.readerStops()
    // What was taken is still to be consumed.
    #expect(numbers(await mailbox.take()) == [60, 30, 10])
    #expect(!mailbox.hasRoom)
    mailbox.opened(30)
    #expect(mailbox.hasRoom)
    #expect(count.load(ordering: .relaxed) == 0)
    mailbox.opened(20)
    for await _ in wakes.stream { break }
    #expect(count.load(ordering: .relaxed) == 1)
    mailbox.opened(50)
    mailbox.put(batch(1000), more: false)
    #expect(!mailbox.hasRoom)
    mailbox.readerStops()
    mailbox.discard()
    for await _ in wakes.stream { break }
    #expect(mailbox.hasRoom)
  }

  @Test func `leaves a reader alone that has not stopped`() async {
    let wakes = Atomic<Int>(0)
    let mailbox = Mailbox(readAhead: 100) { wakes.add(1, ordering: .relaxed) }
    for number in 1...10 {
      mailbox.put(batch(number), more: false)
      #expect(numbers(await mailbox.take()) == [number])
      mailbox.opened(number)
    }
    #expect(wakes.load(ordering: .relaxed) == 0)
    mailbox.readerStops()
    mailbox.put(batch(1), more: false)
    #expect(numbers(await mailbox.take()) == [1])
    mailbox.opened(1)
    #expect(wakes.load(ordering: .relaxed) == 1)
  }

  @Test func `takes nothing for a task that is cancelled`() async {
    let (waiting, signal) = AsyncStream.makeStream(of: Void.self)
    let mailbox = Mailbox(readAhead: 1 << 20) { signal.yield() }
    mailbox.readerStops()
    let waiter = Task { isCancelled(await mailbox.take()) }
    for await _ in waiting { break }
    waiter.cancel()
    #expect(await waiter.value)
    #expect(!mailbox.isConsumerStarved)
    mailbox.put(batch(1), more: false)
    #expect(numbers(await mailbox.take()) == [1])
  }

  @Test func `does not wait in a task that was cancelled before`() async {
    let mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {})
    let waiter = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return isCancelled(await mailbox.take())
    }
    #expect(await waiter.value)
    // The next one waits again.
    mailbox.put(batch(1), more: false)
    #expect(numbers(await mailbox.take()) == [1])
  }

  @Test func `gives a cancelled task what is there already`() async {
    let mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {})
    mailbox.put(batch(1), more: false)
    let waiter = Task {
      unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
      return numbers(await mailbox.take())
    }
    #expect(await waiter.value == [1])
  }

  @Test func `loses nothing to cancellation, whenever it comes`() async throws {
    let mailbox = Mailbox(readAhead: 1 << 20, wakeReader: {})
    let count = 2000
    let producer = Task.detached {
      for number in 1...count {
        mailbox.put(batch(number), more: false)
        if number.isMultiple(of: 7) { await Task.yield() }
      }
      mailbox.finish(.closed)
    }
    var taken: [Int] = []
    var hasEnded = false
    while !hasEnded {
      let taker = Task { await mailbox.take() }
      await Task.yield()
      taker.cancel()
      switch await taker.value {
      case .batches(let batches): taken += batches.map(\.range.count)
      case .ended: hasEnded = true
      case .cancelled: break
      }
    }
    await producer.value
    #expect(taken == Array(1...count))
  }
}

@Suite struct CompletionTests {
  @Test func `wakes everybody who waits, and nobody waits afterwards`() async {
    let completion = Completion()
    await withTaskGroup(of: Void.self) { group in
      for _ in 1...20 { group.addTask { await completion.wait() } }
      group.addTask { completion.complete() }
    }
    await completion.wait()
    completion.complete()
  }

  @Test func `lets go of a task that is cancelled`() async {
    let completion = Completion()
    for _ in 1...100 {
      let waiter = Task { await completion.wait() }
      if Bool.random() { await Task.yield() }
      waiter.cancel()
      await waiter.value
    }
  }
}
