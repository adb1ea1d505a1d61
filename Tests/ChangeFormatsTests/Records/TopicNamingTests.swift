import Testing

@testable import ChangeFormats

/// Names of topics, as Debezium makes them.
@Suite struct TopicNamingTests {
  @Test(
    arguments: [
      ("public", "orders", "shop.public.orders"), ("a.b", "c-d_E9", "shop.a.b.c-d_E9"),
      ("Größe", "x y", "shop.Gr__e.x_y"), ("s", "😀", "shop.s.__"),
      (" ", "t", "shop.t"),
    ])
  func `characters that Kafka refuses become underscores`(
    schema: String, table: String, name: String
  ) {
    #expect(TopicNaming(prefix: "shop").name(schema: schema, table: table) == name)
  }

  @Test func `a name has at most 249 characters`() {
    let naming = TopicNaming(prefix: "p")
    let name = naming.name(schema: "s", table: String(repeating: "t", count: 300))
    #expect(name.utf8.count == 249 && name.hasPrefix("p.s.ttt"))
  }

  @Test func `without a prefix names begin with the schema`() {
    let naming = TopicNaming(prefix: "")
    #expect(naming.name(schema: "s", table: "t") == "s.t")
    #expect(naming.transactions == "transaction" && naming.messages == "message")
    #expect(TopicNaming(prefix: ".").transactions == "..transaction")
    #expect(TopicNaming(prefix: "").name(schema: "", table: "..") == "__")
  }

  @Test func `names of your own are taken as they are`() {
    let naming = TopicNaming(transactions: "tx", messages: "m") { schema, table in
      "\(table)@\(schema)"
    }
    #expect(naming.name(schema: "s", table: "t é") == "t é@s")
    #expect(naming.transactions == "tx" && naming.messages == "m")
  }
}
