import CDCTime
import Foundation
import PGOutput
import PGWire
import ReplicationCore
import ReplicationTestKit

@testable import ChangeFormats

/// A recorded stream, what the catalog says of its tables, and what Debezium's engine made of the
/// same history: `Fixtures/debezium`.
struct DebeziumRecording {
  /// Debezium's records, but our values where `DebeziumEvents.md` says that they differ.
  let expected: [Entry]
  private let recording: Recording
  private let catalog: Catalog

  /// A record's topic, key and value; without a value it is a tombstone.
  struct Entry: Equatable, Decodable {
    let topic: String
    let key: JSONDocument?
    var value: JSONDocument?
  }

  private struct Catalog: Decodable {
    let types: [CatalogType]
    let tables: [TableDescription]
  }

  private struct CatalogType: Decodable {
    let oid: UInt32
    let name: String
    let labels: [String]?
    let base: UInt32?
    let element: UInt32?

    var entry: TypeCatalog.Entry {
      let kind: TypeCatalog.Kind =
        if let labels {
          .enumeration(labels: labels)
        } else if let base {
          .domain(base: base)
        } else if let element {
          .array(element: element, delimiter: UInt8(ascii: ","))
        } else {
          .base
        }
      return TypeCatalog.Entry(TypeName(oid: oid, namespace: "public", name: name), kind)
    }
  }

  init() throws {
    let folder = URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/debezium")
    recording = try Recording(Array(Data(contentsOf: folder.appending(path: "stream.rec"))))
    catalog = try JSONDecoder().decode(
      Catalog.self, from: Data(contentsOf: folder.appending(path: "catalog.json")))
    expected = try Array(Data(contentsOf: folder.appending(path: "expected.jsonl")))
      .split(separator: UInt8(ascii: "\n"))
      .map { line in try JSONDecoder().decode(Entry.self, from: Data(line)).comparable }
  }

  /// Our records of the recorded stream.
  func records() throws -> [Entry] {
    var options = DebeziumFormat.Options(name: "shop", database: "postgres", version: "1")
    options.printsTruncates = true
    options.providesTransactionMetadata = true
    options.now = { PostgresTimestamp(microseconds: 0) }
    var format = DebeziumFormat(types: TypeCatalog(catalog.types.map(\.entry)), options: options)
    for table in catalog.tables { format.describe(table) }
    var contents: [[UInt8]] = []
    try recording.forEachFrame { content in contents.append(content.indices.map { content[$0] }) }
    var decoder = PgOutputDecoder()
    var records: [Entry] = []
    for content in contents {
      guard let (start, payload) = try RecordedLines.message(in: content) else { continue }
      var output = OutputBuffer(keepsRecords: true)
      try decoder.decode(payload.span, at: start, wrappingErrors: FormatError.decoding) {
        message throws(FormatError) in
        try format.append(message, at: start, provisionalIn: nil, to: &output)
      }
      records += try output.entries()
    }
    return records
  }
}

extension DebeziumRecording.Entry {
  /// The same without what says when an event was made, and by what program.
  fileprivate var comparable: Self {
    var copy = self
    copy.value = value?.withoutRun.withWholeNumbers
    return copy
  }
}

extension JSONDocument {
  /// An event without the time at which it was made, and the program's version.
  ///
  /// What begins or ends a transaction has the time of the commit, and keeps it.
  fileprivate var withoutRun: JSONDocument {
    guard case .object(var members) = self, members["status"] == nil else { return self }
    for name in ["ts_ms", "ts_us", "ts_ns"] { members[name] = nil }
    if case .object(var source)? = members["source"] {
      source["version"] = nil
      members["source"] = .object(source)
    }
    return .object(members)
  }

  /// The same with `1` in place of `1.0`, which is the same number.
  fileprivate var withWholeNumbers: JSONDocument {
    switch self {
    case .number(let number): Int64(exactly: number).map(JSONDocument.integer) ?? self
    case .array(let items): .array(items.map(\.withWholeNumbers))
    case .object(let members): .object(members.mapValues(\.withWholeNumbers))
    default: self
    }
  }
}

extension OutputBuffer {
  /// The records, ready to be compared.
  fileprivate func entries() throws -> [DebeziumRecording.Entry] {
    var texts: [(topic: String, key: [UInt8]?, value: [UInt8]?)] = []
    forEachRecord { topic, record in
      switch record {
      case .tombstone(let key): texts.append((topic.name, key.copied(), nil))
      case .event(nil, let value): texts.append((topic.name, nil, value.copied()))
      case .event(let key?, let value): texts.append((topic.name, key.copied(), value.copied()))
      }
    }
    return try texts.map { text in
      DebeziumRecording.Entry(
        topic: text.topic, key: try text.key.map { try JSONDocument($0) },
        value: try text.value.map { try JSONDocument($0) }
      ).comparable
    }
  }
}
