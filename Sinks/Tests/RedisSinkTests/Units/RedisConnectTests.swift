import ChangeSinks
import PGWire
import RedisSink
import Testing

@Suite struct RedisConnectTests {
  @Test func `a server that is not there is a transient error, with its address`() async throws {
    // Nothing listens at the first port, which needs a privilege.
    let engine = RedisEngine(RedisOptions(host: "127.0.0.1", port: 1))
    let error = try await sinkError { _ = try await engine.open(slot: "test") }
    #expect(error.category == .transient)
    #expect(error.engine == "Redis at 127.0.0.1:1")
    let missing = RedisEngine(RedisOptions(unixSocket: "/no/such/socket"))
    let unreachable = try await sinkError { _ = try await missing.open(slot: "test") }
    #expect(unreachable.engine == "Redis at /no/such/socket")
  }
}
