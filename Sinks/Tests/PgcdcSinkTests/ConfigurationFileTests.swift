import ArgumentParser
import ChangeSinks
import Foundation
import Logging
import PgcdcArguments
import ReplicationCore
import Testing

@testable import pgcdc_sink

/// Files that describe several connectors.
@Suite struct ConfigurationFileTests {
  private static let example = """
    {
      "connectors": ["orders", "audit"],
      "orders": {
        "engine": "redis",
        "source": {
          "url": "postgresql://cdc@db.example/shop", "slot": "orders", "publications": ["p"],
          "snapshot": "incremental", "snapshotTables": ["public.orders"]
        },
        "sink": { "url": "redis://localhost:6379/0" },
        "filter": { "excludedColumns": ["orders.note"] }
      },
      "audit": {
        "engine": "nats",
        "source": {
          "host": "db.example", "user": "cdc", "database": "shop", "slot": "audit",
          "publications": ["q"], "createsSlot": true
        },
        "sink": { "url": "nats://localhost:4222" },
        "format": { "kind": "debezium", "topicPrefix": "shop" },
        "retryTimeout": 60
      },
      "unused": { "engine": "none" }
    }
    """

  private static func connectors(_ text: String) async throws -> [PlannedConnector] {
    let path = try PlanTests.file(text)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let file = try await ConfigurationFile(path: path)
    let names = try file.names()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let connectors = try names.map { name in
      try ConnectorConfiguration(name, file.scope.scoped(to: name)).connector(logger)
    }
    try file.checkKeys(of: names)
    return connectors
  }

  @Test func `a file describes connectors of several engines`() async throws {
    let connectors = try await Self.connectors(Self.example)
    #expect(connectors.map(\.member.name) == ["orders", "audit"])
    #expect(connectors.map(\.slot) == ["orders", "audit"])
    #expect(connectors.allSatisfy { !$0.readsInitially })
  }

  @Test func `the example in the folder is valid`() async throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../pgcdc-sink.example.json").path
    // What is secret is in files, and so is the authority for the certificate.
    var text = String(decoding: try SmallFile.bytes(at: path), as: UTF8.self)
      .replacing("verify-full", with: "require")
    var files: [String] = []
    defer { for file in files { try? FileManager.default.removeItem(atPath: file) } }
    for (name, content) in [
      ("redis-url", "redis://localhost\n"), ("kafka.properties", "client.id=a\n"),
      ("warehouse-url", "postgresql://writer@localhost/shop\n"),
    ] {
      files.append(try PlanTests.file(content))
      text = text.replacing("/run/secrets/\(name)", with: files[files.count - 1])
    }
    #expect(try await Self.connectors(text).count == 3)
  }

  @Test(arguments: [
    (#""engine": "redis""#, #""engine": "radish""#, "orders.engine"),
    (#""slot": "orders""#, #""slots": "orders""#, "slot"),
    (#""snapshot": "incremental""#, #""snapshot": 1.5"#, "snapshot"),
    (#""excludedColumns""#, #""excludedColumn""#, "orders.filter.excludedColumn"),
    (#""orders.note""#, #""note""#, "orders.filter.excludedColumns"),
    (#""retryTimeout": 60"#, #""retryTimeout": "soon""#, "audit.retryTimeout"),
    (#""connectors": ["#, #""connectors": ["Orders","#, "Orders"),
    (#""connectors": ["#, #""connector": ["#, "connectors"),
    (#""url": "redis://localhost:6379/0""#, #""address": "x""#, "orders.sink.url"),
  ])
  func `what is wrong is named`(correct: String, wrong: String, named: String) async throws {
    #expect(Self.example.contains(correct))
    let text = Self.example.replacing(correct, with: wrong)
    do {
      _ = try await Self.connectors(text)
      Issue.record("it was accepted")
    } catch {
      #expect("\(error)".contains(named), "\(error)")
    }
  }

  @Test func `what is no JSON object is refused`() async throws {
    for text in ["", "[]", "{", "1"] {
      do {
        _ = try await Self.connectors(text)
        Issue.record("it was accepted: \(text)")
      } catch {
        #expect(error is PlanError)
      }
    }
  }

  @Test(arguments: [
    ("PGCDC_ORDERS_SOURCE_URL", true), ("orders.sink.url", true), ("a.password", true),
    ("orders.sink.properties", true), ("orders.source.slot", false),
  ])
  func `secrets are known by their keys`(key: String, isSecret: Bool) {
    #expect(ConfigurationFile.isSecret(key) == isSecret)
  }
}

/// The command line.
@Suite struct CommandTests {
  private static let source = [
    "--url", "postgresql://cdc@db.example/shop", "--slot", "orders", "--publication", "a,b",
  ]

  @Test func `options of all groups are read`() throws {
    let command = try RedisCommand.parse(
      ["--to", "redis://localhost"] + Self.source + [
        "--snapshot", "incremental", "--snapshot-tables", "t", "--format", "debezium",
        "--topic-prefix", "shop", "--exclude-table", "secrets", "--http", "9464",
        "--batch-bytes", "64KiB", "--retry-timeout", "5min", "--streaming", "on",
        "--max-frame-bytes", "1MiB", "--byte-budget", "2MiB", "--snapshot-chunk-size", "1MiB",
      ])
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let plan = command.records.completing(try command.connector.plan(logger))
    #expect(plan.params.slot == "orders")
    #expect(plan.params.publications == ["a", "b"])
    #expect(plan.params.streaming == .on && plan.params.byteBudget == 2 << 20)
    guard case .incremental(let snapshot) = plan.options.subscription.snapshot else {
      Issue.record("it reads no tables in pieces")
      return
    }
    #expect(snapshot.chunkBytes == 1 << 20 && snapshot.tables == ["t"])
    #expect(plan.format.kind == .debezium)
    #expect(plan.filter.excludedTables == ["secrets"])
    #expect(plan.options.limits.bytes == 64 << 10)
    #expect(plan.options.retry.timeout == .seconds(300))
    #expect(command.connector.service.http?.port == 9464)
    try plan.check()
  }

  @Test(arguments: [
    ["--snapshot-tables", "t"], ["--debezium-truncates"], ["--hash-column", "a.b"],
    ["--http", "x"],
    ["--cloudevents-source", "x"], ["--exclude-column", "x"], ["--snapshot-workers", "0"],
    ["--json-int8", "string", "--format", "debezium"], ["--snapshot", "none"],
  ])
  func `what does not go together is wrong usage`(arguments: [String]) {
    let all = ["--to", "redis://localhost"] + Self.source + arguments
    do {
      _ = try RedisCommand.parse(all)
      Issue.record("it was accepted")
    } catch {
      #expect(RedisCommand.exitCode(for: error) == .validationFailure)
    }
  }
}
