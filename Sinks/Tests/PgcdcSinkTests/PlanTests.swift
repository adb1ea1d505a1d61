import ArgumentParser
import ChangeFormats
import ChangeSinks
import Foundation
import PGWire
import PgcdcArguments
import ReplicationCore
import Testing

@testable import pgcdc_sink

/// What connectors are made of, from the command line and from a file.
@Suite struct PlanTests {
  private static func params(slot: String = "orders") throws -> ReplicationParams {
    try ReplicationParams(
      url: "postgresql://cdc@db.example/a%20shop", slot: slot, publications: ["p"])
  }

  @Test func `a filter is made by names`() throws {
    var plan = FilterPlan()
    plan.tables = ["public.orders", #""a.b""#]
    plan.excludedTables = ["audit"]
    let filter = try plan.filter()
    #expect(filter.includesTable("public", "orders"))
    #expect(filter.includesTable("any", "a.b"))
    #expect(!filter.includesTable("public", "audit"))
    #expect(!filter.includesTable("public", "items"))
  }

  @Test(arguments: ["", "a.b.c", #""open"#, "a..b"])
  func `what is no table's name is refused`(name: String) {
    var plan = FilterPlan()
    plan.tables = [name]
    let asked = plan
    #expect(throws: PlanError.self) { try asked.filter() }
  }

  @Test(arguments: ["column", "a.b.c.d", ""])
  func `what is no column's name is refused`(name: String) {
    var plan = FilterPlan()
    plan.excludedColumns = [name]
    let asked = plan
    #expect(throws: PlanError.self) { try asked.filter() }
  }

  @Test func `hashing needs a key`() {
    var plan = FilterPlan()
    plan.hashedColumns = ["orders.email"]
    let asked = plan
    #expect(throws: PlanError.self) { try asked.filter() }
  }

  @Test func `topics and envelopes have the names that are asked for`() throws {
    var plan = FormatPlan()
    plan.hasCloudEvents = true
    let params = try Self.params()
    let lines = plan.lines(ChangeFilter(), params)
    #expect(lines.cloudEvents?.source == "/postgresql/a%20shop/orders")
    #expect(lines.records.topics.name(schema: "public", table: "t") == "public.t")
    let events = plan.events(ChangeFilter(), params, isInitial: true)
    #expect(events.name == "orders")
    #expect(events.snapshot == .initial)
    #expect(events.records.topics.name(schema: "public", table: "t") == "orders.public.t")
    plan.topicPrefix = "shop"
    let named = plan.lines(ChangeFilter(), params)
    #expect(named.records.topics.name(schema: "public", table: "t") == "shop.public.t")
  }

  @Test func `options of one format are refused with the other`() {
    var plan = FormatPlan()
    plan.hasTruncates = true
    #expect(throws: PlanError.self) { try plan.check() }
    plan = FormatPlan(kind: .debezium)
    plan.largeIntegers = .string
    #expect(throws: PlanError.self) { try plan.check() }
  }

  @Test func `snapshots have limits`() throws {
    guard case .none = try SnapshotPlan().snapshot() else {
      Issue.record("there is a snapshot")
      return
    }
    #expect(throws: PlanError.self) { try SnapshotPlan(kind: .initial, workers: 65).snapshot() }
    #expect(throws: PlanError.self) { try SnapshotPlan(kind: .initial, tables: ["t"]).snapshot() }
    #expect(throws: PlanError.self) { try SnapshotPlan(workers: 2).snapshot() }
    let plan = SnapshotPlan(kind: .incremental, workers: 3, tables: ["t"], chunkBytes: 1 << 20)
    guard case .incremental(let options) = try plan.snapshot() else {
      Issue.record("it is not incremental")
      return
    }
    #expect(options.workers == 3)
    #expect(options.tables == ["t"])
    #expect(options.chunkBytes == 1 << 20)
  }

  @Test func `properties of Kafka come from a file, and then from lines`() throws {
    let path = try Self.file("# a comment\n\nsasl.password = secret=x\r\nclient.id=a\n")
    defer { try? FileManager.default.removeItem(atPath: path) }
    let properties = try KafkaProperties.properties(lines: ["client.id=b"], file: path)
    #expect(properties["sasl.password"] == " secret=x")
    #expect(properties["client.id"] == "b")
    #expect(throws: PlanError.self) {
      try KafkaProperties.properties(lines: ["no equals sign"], file: nil)
    }
  }

  @Test func `what a plan or an engine's options refuse is wrong usage, and nothing else is`() {
    #expect(throws: ValidationError.self) {
      try ValidationError.checking { () throws -> Void in throw PlanError("it is wrong") }
    }
    #expect(throws: ValidationError.self) {
      try ValidationError.checking { () throws -> Void in
        throw SinkError(engine: "Kafka", .fatal, "the URL is wrong")
      }
    }
    #expect(throws: CancellationError.self) {
      try ValidationError.checking { () throws -> Void in throw CancellationError() }
    }
  }

  @Test func `secrets of the command line are not repeated`() {
    let url = "redis://default:s3cret@host:6379"
    let arguments = ["redis", "--to", url, "--property=sasl.password=hidden", "--slot", "orders"]
    let shown = CommandLineSecrets.redact(
      "no such option \(url) or sasl.password=hidden for orders", arguments: arguments)
    #expect(!shown.contains("s3cret") && !shown.contains("hidden"))
    #expect(shown.contains("orders"))
  }

  @Test func `what controls a terminal is shown as an escape`() {
    #expect("a\u{1B}[31m\nb\u{202E}".printable == #"a\u{1b}[31m\nb\u{202e}"#)
    #expect("Grüße".printable == "Grüße")
  }

  static func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("pgcdc-sink-\(UUID().uuidString)").path
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    return path
  }
}
