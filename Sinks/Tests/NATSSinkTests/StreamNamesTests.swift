import ChangeSinks
import Testing

@testable import NATSSink

@Suite struct StreamNamesTests {
  private func names(_ change: (inout NATSStreamOptions) -> Void = { _ in }) throws -> StreamNames {
    var options = NATSOptions(servers: [NATSServer(host: "h")])
    change(&options.stream)
    return try StreamNames(options, slot: "orders")
  }

  @Test func `all names come of the slot's by default`() throws {
    let names = try names()
    #expect(names.stream == "orders")
    #expect(names.records == "orders.>")
    #expect(names.checkpoint == "orders-checkpoint")
  }

  @Test func `the subjects can begin with something else`() throws {
    let names = try names { $0.subjectPrefix = "shop.eu" }
    #expect(names.stream == "orders")
    #expect(names.subject(for: "public.t") == "shop.eu.public.t")
    #expect(names.checkpoint == "shop.eu-checkpoint")
  }

  @Test(arguments: [
    ("public.orders", "orders.public.orders"), ("a b.c\t*>", "orders.a_b.c___"),
    ("", "orders._"), (".a..b.", "orders._.a._.b._"), ("schön.😀", "orders.schön.😀"),
    ("a\u{0}b\u{85}\u{2028}", "orders.a_b__"),
  ])
  func `what a subject can't have becomes an underscore`(_ topic: String, _ subject: String) throws
  {
    #expect(try names().subject(for: topic) == subject)
  }

  @Test(arguments: ["", "a b", "a.b", "a*", "$JS", "größe"])
  func `other names are refused`(_ name: String) {
    #expect(throws: SinkError.self) { try names { $0.name = name } }
  }

  @Test(arguments: ["", "a..b", ".a", "a.>", "$JS.API", "a b"])
  func `other beginnings are refused`(_ prefix: String) {
    #expect(throws: SinkError.self) { try names { $0.subjectPrefix = prefix } }
  }
}
