import ChangeFormats
import ChangeSinks
import RedisSink
import Testing

@Suite struct RedisAtomicityTests {
  /// A very large batch takes several steps, so that ranges and transactions may not share one.
  @Test func `a batch is not stored in one step in any case`() {
    let engine = RedisEngine(RedisOptions())
    #expect(!engine.isAtomic)
    #expect(!RecordSink(engine, format: JSONLineFormat()).isAtomic)
  }
}
