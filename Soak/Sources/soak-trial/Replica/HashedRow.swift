import PGOutput

/// A row as a replica keeps it: a hash of the text of each column, and the text of the key.
struct HashedRow: Sendable {
  /// The columns' hashes, in the relation's order; `nil` for one that was not sent.
  var values: [UInt64?] = []
  /// The text of the columns of the replica identity, in the relation's order; empty where all
  /// columns together are the identity.
  var key: [String] = []

  /// The values, where all are known.
  var known: [UInt64]? {
    let known = values.compactMap { $0 }
    return known.count == values.count ? known : nil
  }

  /// - Throws: ``SoakError`` for a value in binary, which nobody has asked for.
  init(_ row: RowView) throws {
    let columns = row.relation.columns
    values.reserveCapacity(columns.count)
    for index in 0..<columns.count {
      let isKey = columns[index].isKey && !row.relation.isIdentifiedByAll
      let cell = try row.withColumn(at: index) { (column) throws(RowError) -> HashedCell in
        HashedCell(column, keepsText: isKey)
      }
      guard !cell.isBinary else {
        throw SoakError("\(row.relation.qualifiedName): a value in binary")
      }
      values.append(cell.hash)
      if isKey { key.append(cell.text) }
    }
  }

  /// A row that a query has returned.
  ///
  /// - Parameter relation: The table, whose columns are those of the query.
  init(_ texts: [String?], of relation: Relation) {
    for (text, column) in zip(texts, relation.columns) {
      values.append(text.map { ValueHash.of($0) } ?? ValueHash.null)
      if column.isKey && !relation.isIdentifiedByAll { key.append(text ?? "") }
    }
  }
}

extension Relation {
  /// Whether all columns together identify a row, so that several rows may be the same.
  var isIdentifiedByAll: Bool { replicaIdentity == .full }
}

/// One column of a row.
struct HashedCell {
  /// The hash; `nil` if the value was not sent.
  private(set) var hash: UInt64?
  /// The text, where it is kept.
  private(set) var text = ""
  /// Whether the value came in binary, which has no hash here.
  private(set) var isBinary = false

  init(_ column: TupleColumn, keepsText: Bool) {
    switch column {
    case .null: hash = ValueHash.null
    case .unchanged, .notSent: hash = nil
    case .binary: isBinary = true
    case .text(let bytes):
      var hashing = ValueHash()
      for index in bytes.indices { hashing.add(bytes[index]) }
      hash = hashing.value
      if keepsText {
        var copy: [UInt8] = []
        copy.reserveCapacity(bytes.count)
        for index in bytes.indices { copy.append(bytes[index]) }
        text = String(decoding: copy, as: UTF8.self)
      }
    }
  }
}

/// A hash of a value's text that is the same in every process: FNV-1a with 64 bits.
struct ValueHash {
  /// What NULL has in place of a hash.
  static let null: UInt64 = 0

  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ byte: UInt8) {
    value = (value ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
  }

  static func of(_ text: String) -> UInt64 {
    var hash = ValueHash()
    for byte in text.utf8 { hash.add(byte) }
    return hash.value
  }
}
