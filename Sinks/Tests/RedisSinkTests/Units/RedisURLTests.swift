import ChangeSinks
import PGWire
import Testing

@testable import RedisSink

@Suite struct RedisURLTests {
  @Test func `all parts of a URL are read`() throws {
    let url = try RedisURL("redis://ada:open%20sesame@db.example:6380/3")
    #expect(url.address == .host("db.example", port: 6380))
    #expect(url.user == "ada")
    #expect(url.password == "open sesame")
    #expect(url.database == 3)
  }

  @Test(arguments: [
    ("redis://", "localhost:6379"), ("redis://cache", "cache:6379"), ("REDIS://:1", "localhost:1"),
    ("valkey://cache:7000/", "cache:7000"), ("redis://[::1]:7000", "[::1]:7000"),
    ("redis://[fe80::1%25eth0]", "[fe80::1%eth0]:6379"),
    ("unix:///run/redis.sock", "/run/redis.sock"),
    ("unix://ada:pw@/run/a%20b.sock?db=2", "/run/a b.sock"),
  ])
  func `missing parts have their usual values`(url: String, address: String) throws {
    #expect(try RedisURL(url).address.description == address)
  }

  @Test func `a password needs no user`() throws {
    let url = try RedisURL("redis://:p%40ss:word@cache")
    #expect(url.user == nil)
    #expect(url.password == "p@ss:word")
    #expect(try RedisURL("redis://ada@cache").user == "ada")
    #expect(try RedisURL("redis://ada@cache").password == nil)
    #expect(try RedisURL("unix://:pw@/run/redis.sock?db=2").database == 2)
  }

  @Test(arguments: [
    "", "localhost", "http://cache", "redis://cache:0", "redis://cache:65536", "redis://cache:port",
    "redis://cache:+1", "redis://cache/first", "redis://cache/-1", "redis://cache?db=1",
    "redis://cache#a", "redis://[::1", "redis://[::1]7000", "redis://u:%zz@cache",
    "redis://u:%ff@cache", "unix://", "unix://host/path", "unix:///path?database=1",
  ])
  func `other texts are refused, and not repeated`(text: String) throws {
    #expect(throws: RedisURL.Fault.self) { try RedisURL(text) }
    let error = #expect(throws: SinkError.self) {
      try RedisOptions(url: text.replacing("://", with: "://user:secret@"))
    }
    #expect(error?.category == .fatal)
    #expect(error?.description.contains("secret") == false)
  }

  @Test func `TLS is refused with a way out`() {
    let error = #expect(throws: SinkError.self) { try RedisOptions(url: "rediss://cache") }
    #expect(error?.reason.contains("stunnel") == true)
  }

  @Test func `options have what the URL says`() throws {
    let options = try RedisOptions(url: "redis://ada:sesame@cache:7000/2")
    #expect(options.address == .host("cache", port: 7000))
    #expect(options.user == "ada")
    #expect(options.password == .text("sesame"))
    #expect(options.database == 2)
    #expect(!"\(options)".contains("sesame"))
  }
}
