import Foundation
import PGOutput
import ReplicationCore

/// A replica and the checkpoint that it stands for, in one file that is replaced in one step.
///
/// The format is for this program alone: numbers of eight bytes, and bytes behind their count.
struct ReplicaFile: Sendable {
  let path: String

  func write(_ replica: Replica, _ checkpoint: Checkpoint) throws {
    var writer = FileWriter()
    writer.write(bytes: try checkpoint.encoded())
    writer.write(replica.tables.count)
    for table in replica.tables.values {
      writer.write(bytes: Array(try JSONEncoder().encode(table.relation)))
      writer.write(table.keyed.count)
      for (key, values) in table.keyed {
        writer.write(key.count)
        for text in key { writer.write(bytes: Array(text.utf8)) }
        writer.write(values)
      }
      writer.write(table.counted.count)
      for (values, count) in table.counted {
        writer.write(values)
        writer.write(count)
      }
    }
    try Data(writer.bytes).write(to: URL(filePath: path), options: .atomic)
  }

  /// - Returns: `nil` if there is no file.
  func read() throws -> (Replica, Checkpoint)? {
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    var reader = FileReader(Array(try Data(contentsOf: URL(filePath: path))))
    let checkpoint = try Checkpoint(encoded: try reader.bytes())
    var replica = Replica()
    for _ in 0..<(try reader.count()) {
      let relation = try JSONDecoder().decode(Relation.self, from: Data(try reader.bytes()))
      var keyed: [[String]: [UInt64]] = [:]
      for _ in 0..<(try reader.count()) {
        var key: [String] = []
        for _ in 0..<(try reader.count()) {
          key.append(String(decoding: try reader.bytes(), as: UTF8.self))
        }
        keyed[key] = try reader.values()
      }
      var counted: [[UInt64]: Int] = [:]
      for _ in 0..<(try reader.count()) {
        let values = try reader.values()
        counted[values] = try reader.count()
      }
      replica.tables[relation.oid] = HeldTable(relation, keyed: keyed, counted: counted)
    }
    return (replica, checkpoint)
  }
}

private struct FileWriter {
  private(set) var bytes: [UInt8] = []

  mutating func write(_ number: Int) { write(UInt64(number)) }

  mutating func write(_ number: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> shift))
    }
  }

  mutating func write(_ values: [UInt64]) {
    write(values.count)
    for value in values { write(value) }
  }

  mutating func write(bytes more: [UInt8]) {
    write(more.count)
    bytes += more
  }
}

private struct FileReader {
  private let content: [UInt8]
  private var place = 0

  init(_ content: [UInt8]) {
    self.content = content
  }

  mutating func number() throws -> UInt64 {
    guard content.count - place >= 8 else { throw SoakError("the replica's file ends early") }
    var number: UInt64 = 0
    for index in 0..<8 { number |= UInt64(content[place + index]) << UInt64(index * 8) }
    place += 8
    return number
  }

  mutating func count() throws -> Int {
    guard let count = Int(exactly: try number()) else {
      throw SoakError("the replica's file has an impossible count")
    }
    return count
  }

  mutating func values() throws -> [UInt64] {
    var values: [UInt64] = []
    for _ in 0..<(try count()) { values.append(try number()) }
    return values
  }

  mutating func bytes() throws -> [UInt8] {
    let size = try count()
    guard content.count - place >= size else { throw SoakError("the replica's file ends early") }
    defer { place += size }
    return Array(content[place..<place + size])
  }
}
