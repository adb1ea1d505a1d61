/// A table of a random history, as the statements made so far have left it.
struct RandomTable: Sendable {
  enum Identity: String, Sendable, CaseIterable {
    /// The primary key.
    case primary
    /// A unique index on a column `k`, which isn't the primary key.
    case index
    case full
    /// No updates and deletes then.
    case nothing
  }

  struct Column: Sendable {
    var name: String
    let type: String
    let literals: [String]
  }

  let name: String
  let identity: Identity
  /// The random columns, behind `id`, `k`, `g` (generated), `t` and `big`, and before `z`.
  var columns: [Column]
  /// Random columns that were added behind `z`.
  var added: [Column] = []
  /// The type of column `t`, which changes.
  var growing = "int"
  var isPartitioned = false
  /// A condition on the key, if only some rows are published.
  var filter: String?
  /// The columns that are published, if not all.
  var list: [String]?
  /// Whether there is a column `g` that the server computes.
  var hasGenerated = true

  /// Whether columns may be dropped, renamed and retyped.
  var isFree: Bool { list == nil && filter == nil && !isPartitioned }

  /// All of the random columns.
  var random: [Column] { columns + added }

  /// The names of the columns that a publication has.
  ///
  /// - Parameter generated: Whether it has generated ones too.
  func published(generated: Bool) -> [String] {
    if let list { return list }
    return ["id", "k"] + (generated && hasGenerated ? ["g"] : []) + ["t", "big"]
      + columns.map(\.name) + ["z"]
      + added.map(\.name)
  }

  /// What makes the table, one statement after the other.
  var definition: [String] {
    let columns = columns.map { "\($0.name) \($0.type)" }.joined(separator: ", ")
    let key = identity == .primary || identity == .index ? "PRIMARY KEY" : "NOT NULL"
    let generated = hasGenerated ? ", g int GENERATED ALWAYS AS (id * 2) STORED" : ""
    let body = "id int \(key), k int NOT NULL\(generated), t int, big text, \(columns), z int"
    let statements =
      isPartitioned
      ? [
        "CREATE TABLE \(name) (\(body)) PARTITION BY HASH (id)",
        "CREATE TABLE \(name)_0 PARTITION OF \(name) FOR VALUES WITH (MODULUS 3, REMAINDER 0)",
        "CREATE TABLE \(name)_1 PARTITION OF \(name) FOR VALUES WITH (MODULUS 3, REMAINDER 1)",
        // Its columns lie otherwise, and one was dropped.
        "CREATE TABLE \(name)_2 (z int, gone int, \(columns), big text, t int, k int NOT NULL, "
          + "id int NOT NULL\(generated))",
        "ALTER TABLE \(name)_2 DROP COLUMN gone",
        "ALTER TABLE \(name) ATTACH PARTITION \(name)_2 FOR VALUES WITH (MODULUS 3, REMAINDER 2)",
      ] : ["CREATE TABLE \(name) (\(body))"]
    return statements
      + heaps.flatMap { heap in
        ["ALTER TABLE \(heap) ALTER big SET STORAGE EXTERNAL"]
          + (identity == .index ? ["CREATE UNIQUE INDEX \(heap)_k ON \(heap) (k)"] : [])
          + [replicaIdentity(heap)]
      }
  }

  /// The tables that hold the rows.
  private var heaps: [String] {
    isPartitioned ? (0..<3).map { "\(name)_\($0)" } : [name]
  }

  private func replicaIdentity(_ heap: String) -> String {
    let words =
      switch identity {
      case .primary: "DEFAULT"
      case .index: "USING INDEX \(heap)_k"
      case .full: "FULL"
      case .nothing: "NOTHING"
      }
    return "ALTER TABLE \(heap) REPLICA IDENTITY \(words)"
  }

  /// What follows TABLE in the definition of a publication.
  var inPublication: String {
    name + (list.map { " (\($0.joined(separator: ", ")))" } ?? "")
      + (filter.map { " WHERE (\($0))" } ?? "")
  }
}
