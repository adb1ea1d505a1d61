import PGOutput
import PGWire
import ReplicationCore

/// One row change, its values as text.
struct ReceivedChange: Equatable, Sendable {
  enum Kind: String, Sendable {
    case insert, update, delete, truncate
  }

  let kind: Kind
  /// The table's name without its schema; for a truncate all of them.
  let tables: [String]
  /// The columns of the old row that were sent; `nil` if it was not.
  var old: [String: String?]?
  /// The columns of the new row that were sent.
  var new: [String: String?] = [:]
}

/// A transaction with what it did.
struct ReceivedTransaction: Equatable, Sendable {
  let xid: UInt32
  let commitLSN: LSN
  let endLSN: LSN
  let changes: [ReceivedChange]
}

/// Takes whole transactions from a stream.
struct Receiver: ~Copyable {
  let duplex: Duplex
  private var decoder = PgOutputDecoder()
  private var xid: UInt32 = 0
  private var changes: [ReceivedChange] = []

  init(_ duplex: Duplex) {
    self.duplex = duplex
  }

  /// The next transaction that is not empty, which servers 13 and 14 send; `nil` at the end.
  mutating func next() async throws -> ReceivedTransaction? {
    while let event = try await duplex.recv() {
      switch event {
      case .begin(let begin):
        xid = begin.xid
        changes = []
      case .commit(let commit) where !changes.isEmpty:
        return ReceivedTransaction(
          xid: xid, commitLSN: commit.commitLSN, endLSN: commit.endLSN, changes: changes)
      case .xLogData(let data):
        let change = try data.payload.withBytes { bytes throws(PgOutputError) in
          try decoder.decode(bytes, at: data.start) { ReceivedChange($0) }
        }
        if let change { changes.append(change) }
      default: break
      }
    }
    return nil
  }

  /// As many transactions as that.
  mutating func next(_ count: Int) async throws -> [ReceivedTransaction] {
    var transactions: [ReceivedTransaction] = []
    while transactions.count < count, let transaction = try await next() {
      transactions.append(transaction)
    }
    return transactions
  }

  /// All transactions up to the stream's end.
  mutating func rest() async throws -> [ReceivedTransaction] {
    try await next(.max)
  }
}

extension ReceivedChange {
  /// What a message does to rows; `nil` if it does nothing.
  init?(_ message: PgOutputMessage) {
    switch message {
    case .insert(let relation, let new):
      self.init(kind: .insert, tables: [relation.name], new: Self.columns(new, of: relation))
    case .update(let relation, let old, let new):
      self.init(kind: .update, tables: [relation.name], new: Self.columns(new, of: relation))
      if let old { self.old = Self.columns(old, of: relation) }
    case .delete(let relation, let old):
      self.init(kind: .delete, tables: [relation.name])
      self.old = Self.columns(old, of: relation)
    case .truncate(let truncate):
      self.init(kind: .truncate, tables: truncate.relations.map(\.name))
    default: return nil
    }
  }

  private static func columns(_ tuple: TupleData, of relation: Relation) -> [String: String?] {
    var columns: [String: String?] = [:]
    tuple.forEachColumn { index, column in
      let name = relation.columns[index].name
      switch column {
      case .null: columns.updateValue(nil, forKey: name)
      case .text(let text):
        let bytes = text.indices.map { text[$0] }
        columns.updateValue(String(decoding: bytes, as: UTF8.self), forKey: name)
      case .unchanged, .notSent, .binary: break
      }
    }
    return columns
  }
}
