import ArgumentParser
import Foundation
import GRDB
import PGWire

struct Compare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Compare every published table with its mirror, row by row and value by value.")

  @OptionGroup var server: Server

  @Option(help: "The mirror's SQLite file.")
  var database: String

  @Option(help: "The publication.")
  var publication = "sqlite_mirror"

  func run() async throws {
    let connection = try await server.connect()
    defer { connection.close() }
    let mirror = try DatabaseQueue(path: database)
    let tables = try await connection.query(
      """
      SELECT schemaname, tablename FROM pg_publication_tables
      WHERE pubname = '\(publication)' ORDER BY 1, 2
      """)
    var differences = 0
    for case let row in tables.first?.rows ?? [] {
      guard let namespace = row[0], let name = row[1] else { continue }
      differences += try await compare(namespace, name, connection, mirror)
    }
    guard differences == 0 else { throw ExitCode(1) }
  }

  /// - Returns: How many rows differ.
  private func compare(
    _ namespace: String, _ name: String, _ connection: WireConnection, _ mirror: DatabaseQueue
  ) async throws -> Int {
    let table = "\(namespace.quoted).\(name.quoted)"
    guard let original = try await connection.query("SELECT * FROM \(table)").first else {
      throw ValidationError("\(table) can't be read")
    }
    let rendering = original.columns.map { Rendering(typeOID: $0.typeOID) }
    let expected = Rows(original.rows.map { zip(rendering, $0).map { $0.ofPostgres($1) } })
    let names = original.columns.map(\.name.quoted).joined(separator: ", ")
    let mirrored = "\(namespace).\(name)"
    let found = try await mirror.read { db in
      // A table that nothing ever came of isn't there, which is as good as empty.
      guard try db.tableExists(mirrored) else { return Rows([]) }
      let rows = try RowView.fetchAll(db, sql: "SELECT \(names) FROM \(mirrored.quoted)")
      return Rows(rows.map { zip(rendering, $0.databaseValues).map { $0.ofSQLite($1) } })
    }
    let missing = expected.subtracting(found)
    let extra = found.subtracting(expected)
    print("\(mirrored): \(expected.count) rows, \(found.count) in the mirror", terminator: "")
    print(missing.isEmpty && extra.isEmpty ? ", all equal" : ", NOT equal")
    for row in missing.prefix(5) { print("  not in the mirror: \(row)") }
    for row in extra.prefix(5) { print("  only in the mirror: \(row)") }
    return missing.count + extra.count
  }
}

/// Rows without an order, some of which may be the same.
private struct Rows: Sendable {
  private var counts: [[String?]: Int] = [:]
  let count: Int

  init(_ rows: [[String?]]) {
    for row in rows { counts[row, default: 0] += 1 }
    count = rows.count
  }

  func subtracting(_ other: Rows) -> [[String?]] {
    counts.flatMap { row, count in
      repeatElement(row, count: max(0, count - other.counts[row, default: 0]))
    }
  }
}

/// How values of a type look, wherever they come from.
///
/// It shares nothing with the mirror.
private struct Rendering: Sendable {
  let typeOID: UInt32

  private var isBool: Bool { typeOID == 16 }
  private var isFloat4: Bool { typeOID == 700 }
  private var isFloat8: Bool { typeOID == 701 }

  func ofPostgres(_ text: String?) -> String? {
    guard let text else { return nil }
    if isFloat8 { return Double(text).map { "\($0)" } ?? text }
    if isFloat4 { return Float(text).map { "\(Double($0))" } ?? text }
    return text
  }

  func ofSQLite(_ value: DatabaseValue) -> String? {
    switch value.storage {
    case .null: nil
    case .int64(let number): isBool ? (number == 0 ? "f" : "t") : "\(number)"
    case .double(let number): "\(number)"
    case .string(let text): isFloat4 || isFloat8 ? Double(text).map { "\($0)" } ?? text : text
    case .blob(let data):
      "\\x" + data.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
  }
}

extension String {
  fileprivate var quoted: String { "\"\(replacing("\"", with: "\"\""))\"" }
}
