import ArgumentParser
import ChangeFormats
import Foundation
import PGOutput
import PGWire
import Testing

@testable import pgcdc

/// Which tables and columns are printed, by the command line.
@Suite struct FilterArgumentsTests {
  private static let start = [
    "--url", "postgresql://u@127.0.0.1:1/d", "--slot", "s", "--publication", "p",
  ]

  @Test(
    arguments: [
      (["--table", "t", "--format", "raw"], "--table requires --format json or debezium"),
      (["--exclude-column", "t.c", "--format", "events"], "--exclude-column requires"),
      (["--table", "a.b.c"], "not a table's name"),
      (["--exclude-table", ""], "not a table's name"),
      (["--exclude-table", "a..b"], "not a table's name"),
      (["--mask-column", "c"], "not a column's name"),
      (["--mask-column", "a.b.c.d"], "not a column's name"),
      (["--exclude-column", "t.\"c"], "not a column's name"),
      (["--mask-text", "x"], "--mask-text requires --mask-column"),
      (["--hash-column", "t.c"], "--hash-column requires --hash-key-file"),
      (["--hash-key-file", "f"], "--hash-key-file requires --hash-column"),
      (["--hash-column", "t.c", "--hash-key-file", "pg://u:p@h/d"], "in place of a file's name"),
      (["--truncate-column", "t.c"], "a number of characters is missing"),
      (["--truncate-column", "t.c=-1"], "a number of characters is missing"),
      (["--truncate-column", "c=1"], "not a column's name"),
    ] as [([String], String)])
  func `what can't be right is refused by name`(options: [String], words: String) {
    do {
      _ = try StreamCommand.parse(Self.start + options)
      Issue.record("\(options) were taken")
    } catch {
      let message = StreamCommand.message(for: error)
      #expect(message.contains(words), "\(message)")
    }
  }

  private func filter(_ options: [String]) throws -> ChangeFilter {
    try StreamCommand.parse(Self.start + options).filter.filter()
  }

  private let relation = Relation(
    oid: 1, namespace: "s", name: "a.b", replicaIdentity: .default,
    columns: ["id", "x", "y"].map { .init(name: $0, isKey: false, typeOID: 25, typeModifier: -1) })

  @Test func `tables are named with or without their schema`() throws {
    let filter = try filter(["--table", "t", "--table", "s.\"a.b\"", "--exclude-table", "u.t"])
    #expect(filter.includesTable("any", "t") && filter.includesTable("s", "a.b"))
    #expect(!filter.includesTable("u", "t") && !filter.includesTable("u", "a.b"))
    #expect(try self.filter([]).includesTable("any", "thing"))
  }

  @Test func `columns are treated as asked`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID())").path
    try Data("key\n".utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    let options = [
      "--exclude-column", "s.\"a.b\".id", "--mask-column", "\"a.b\".x", "--mask-text", "?",
      "--truncate-column", "\"a.b\".y=7",
    ]
    let filter = try filter(options)
    let treatments = relation.columns.map { filter.treatment($0, relation) }
    guard case .leftOut = treatments[0], case .masked("?") = treatments[1],
      case .truncated(7) = treatments[2]
    else {
      Issue.record("\(treatments)")
      return
    }
    let hashed = try self.filter(["--hash-column", "\"a.b\".x", "--hash-key-file", path])
    guard case .hashed(let key) = hashed.treatment(relation.columns[1], relation) else {
      Issue.record("not hashed")
      return
    }
    let bytes = key.withBytes { bytes in bytes.indices.map { bytes[$0] } }
    #expect(bytes == Array("key".utf8))
    #expect(!"\(key)".contains("key"))
  }

  @Test func `a key that isn't there, or is empty, is an error`() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID())").path
    let options = ["--hash-column", "t.c", "--hash-key-file", path]
    #expect(throws: FileError.self) { try filter(options) }
    try Data("\n".utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: FileError.self) { try filter(options) }
  }
}
