import PGWire
import TestSupport

/// Random tables and what happens to them, the same for the same seed and server version.
///
/// Values of all types; savepoints, nested, released and rolled back; tables altered in the middle
/// of transactions; transactions rolled back, prepared, and large; labels added to an enum.
///
/// Nothing is altered in what will be rolled back: servers of all versions can fail to decode that
/// in blocks or when it is prepared ("could not map filenumber", "pg_attribute catalog is missing"),
/// test_decoding included, if it has been rolled back by the time they do.
struct RandomHistory {
  private(set) var tables: [RandomTable] = []
  /// Whether generated columns are published.
  let publishesGenerated: Bool

  private var random: RepeatableGenerator
  private let version: Int
  private let prefix: String
  private let values: [ValueCase]
  /// Whether blocks of a transaction are provoked by filling the server's memory; since server 16
  /// there is a setting instead, with which it takes other ways through its code.
  let fillsMemory: Bool
  private var lastID = 0
  private var keyChanges = 0
  private var names = 0
  private var labels = 0

  init(seed: UInt64, version: Int, prefix: String) {
    random = RepeatableGenerator(seed: seed)
    self.version = version
    self.prefix = prefix
    // Servers pad positions since 19, and the binary form of a stream's text is ours.
    values = ValueCases.all(seed: seed).filter {
      $0.since <= version && !$0.type.hasPrefix("pg_lsn")
    }
    publishesGenerated = version >= 18 && Bool.random(using: &random)
    fillsMemory = version < 16 || Bool.random(using: &random)
    for (index, identity) in RandomTable.Identity.allCases.enumerated() {
      tables.append(RandomTable(name: "t\(index)", identity: identity, columns: columns()))
    }
    var root = RandomTable(name: "root", identity: pick([.primary, .full]), columns: columns())
    root.isPartitioned = true
    tables.append(root)
    if version >= 18, !publishesGenerated {
      // Such a column would be a part of the identity that isn't published, which is refused.
      for index in tables.indices where tables[index].identity == .full {
        tables[index].hasGenerated = false
      }
    }
    guard version >= 15 else { return }
    var filtered = RandomTable(name: "filtered", identity: .primary, columns: columns())
    filtered.filter = "id % 3 > 0"
    var listed = RandomTable(name: "listed", identity: .primary, columns: columns())
    listed.list = ["id", listed.columns[0].name, "z"]
    if version >= 18 { listed.list?.append("g") }
    tables += [filtered, listed]
  }

  private mutating func columns() -> [RandomTable.Column] {
    (0..<Int.random(in: 2...6, using: &random)).map { _ in column() }
  }

  private mutating func column() -> RandomTable.Column {
    let type = values[Int.random(in: 0..<values.count, using: &random)]
    names += 1
    return RandomTable.Column(name: "c\(names)", type: type.type, literals: type.literals)
  }

  /// What makes the tables and the publication, one statement after the other.
  func preparation(publication: String) -> [String] {
    var options = ["publish_via_partition_root = true"]
    if version >= 18 {
      options.append("publish_generated_columns = \(publishesGenerated ? "stored" : "none")")
    }
    let published = tables.map(\.inPublication).joined(separator: ", ")
    return tables.flatMap(\.definition) + [
      "CREATE TABLE filler (id int)",
      "CREATE PUBLICATION \(publication) FOR TABLE \(published) WITH (\(options.joined(separator: ", ")))",
    ]
  }

  /// What the next transaction does: parts to be run one after the other.
  mutating func transaction() -> [String] {
    if chance(8) {
      // A label can't be used in the transaction that has added it.
      labels += 1
      let column = RandomTable.Column(
        name: "m\(labels)", type: "mood", literals: ["new label \(labels)"])
      guard let index = tables.indices.filter({ tables[$0].isFree }).randomElement(using: &random)
      else { return [] }
      tables[index].added.append(column)
      return [
        "ALTER TYPE mood ADD VALUE 'new label \(labels)'",
        "ALTER TABLE \(tables[index].name) ADD \(column.name) mood;\n\(insert(tables[index]))",
      ]
    }
    let isUndone = chance(18)
    var statements = ["BEGIN"] + steps(depth: 0, alters: !isUndone)
    if chance(25), version >= 15 {
      names += 1
      let gid = "'\(prefix) \(names)'"
      return [
        (statements + ["PREPARE TRANSACTION \(gid)"]).joined(separator: ";\n"),
        "\(isUndone ? "ROLLBACK" : "COMMIT") PREPARED \(gid)",
      ]
    }
    statements.append(isUndone ? "ROLLBACK" : "COMMIT")
    return [statements.joined(separator: ";\n")]
  }

  /// One more transaction, which commits.
  mutating func end() -> String { insert(tables[0]) }

  private mutating func steps(depth: Int, alters: Bool) -> [String] {
    (0..<Int.random(in: 1...4, using: &random)).flatMap { _ -> [String] in
      guard depth < 3, chance(30) else { return step(alters) }
      names += 1
      let (name, isUndone) = ("s\(names)", chance(45))
      return ["SAVEPOINT \(name)"] + steps(depth: depth + 1, alters: alters && !isUndone)
        + ["\(isUndone ? "ROLLBACK TO" : "RELEASE") \(name)"]
    }
  }

  private mutating func step(_ alters: Bool) -> [String] {
    let index = Int.random(in: 0..<tables.count, using: &random)
    let fill =
      fillsMemory && chance(60) ? ["INSERT INTO filler SELECT generate_series(1, 600)"] : []
    if alters, chance(18) { return alter(index) + [insert(tables[index])] + fill }
    return [change(tables[index])] + fill
  }

  private mutating func change(_ table: RandomTable) -> String {
    let some = "WHERE id % \(Int.random(in: 2...9, using: &random)) = 1"
    let choice = table.identity == .nothing ? 0 : Int.random(in: 0..<100, using: &random)
    switch choice {
    case 0..<40: return insert(table)
    case 40..<65:
      let column = table.random[Int.random(in: 0..<table.random.count, using: &random)]
      return "UPDATE \(table.name) SET \(column.name) = \(value(column)), z = z + 1 \(some)"
    case 65..<72: return "UPDATE \(table.name) SET big = \(big()) \(some)"
    case 72..<82:
      keyChanges += 1
      // No key comes twice: whole steps above all that were there.
      let key = table.identity == .index ? "k" : "id"
      return
        "UPDATE \(table.name) SET \(key) = \(key) % 100000 + \(keyChanges) * 100000 \(some)"
    case 82..<97: return "DELETE FROM \(table.name) \(some)"
    default: return "TRUNCATE \(table.name)"
    }
  }

  private mutating func insert(_ table: RandomTable) -> String {
    let first = lastID + 1
    lastID += Int.random(in: 1...5, using: &random)
    let columns = table.random
    let names = ["id", "k", "t", "big", "z"] + columns.map(\.name)
    let growing = table.growing == "text" ? "'t' || id" : "id + 7"
    let values = ["id", "id", growing, big(), "0"] + columns.map { value($0) }
    return """
      INSERT INTO \(table.name) (\(names.joined(separator: ", "))) \
      SELECT \(values.joined(separator: ", ")) FROM generate_series(\(first), \(lastID)) AS id
      """
  }

  /// Alters a table, by one thing, so that the stream tells for certain what it was.
  private mutating func alter(_ index: Int) -> [String] {
    let name = tables[index].name
    guard tables[index].isFree || !tables[index].isPartitioned && tables[index].list == nil else {
      return []
    }
    switch tables[index].isFree ? Int.random(in: 0..<4, using: &random) : 0 {
    case 0:
      let column = column()
      tables[index].added.append(column)
      return ["ALTER TABLE \(name) ADD \(column.name) \(column.type)"]
    case 1 where tables[index].columns.count > 1:
      let column = tables[index].columns.removeLast()
      return ["ALTER TABLE \(name) DROP \(column.name)"]
    case 2:
      names += 1
      let former = tables[index].columns[0].name
      tables[index].columns[0].name = "r\(names)"
      return ["ALTER TABLE \(name) RENAME \(former) TO r\(names)"]
    case 3 where tables[index].growing != "text":
      tables[index].growing = tables[index].growing == "int" ? "bigint" : "text"
      return ["ALTER TABLE \(name) ALTER t TYPE \(tables[index].growing)"]
    default: return []
    }
  }

  private mutating func value(_ column: RandomTable.Column) -> String {
    if chance(15) { return "NULL" }
    return "\(pick(column.literals).literal)::\(column.type)"
  }

  /// A third is long enough to be stored out of line.
  private mutating func big() -> String {
    pick(["NULL", "'short'", "repeat(md5(id::text), 80)"])
  }

  private mutating func chance(_ percent: Int) -> Bool {
    Int.random(in: 0..<100, using: &random) < percent
  }

  private mutating func pick<T>(_ choices: [T]) -> T {
    choices[Int.random(in: 0..<choices.count, using: &random)]
  }
}
