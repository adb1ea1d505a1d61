internal import CDCTime

/// How many changes of each kind.
struct DemoCounts: Sendable {
  var inserts = 0
  var updates = 0
  var deletes = 0
  var truncates = 0

  var total: Int { [inserts, updates, deletes, truncates].sumSaturating() }

  /// Adds what the server says of a statement: `INSERT 0 3`, `UPDATE 1`, `ROLLBACK`.
  mutating func add(tag: String) {
    let words = tag.split(separator: " ")
    let count = words.last.flatMap { Int($0) } ?? 0
    switch words.first {
    case "INSERT": pending.inserts = pending.inserts.addingSaturating(count)
    case "UPDATE": pending.updates = pending.updates.addingSaturating(count)
    case "DELETE": pending.deletes = pending.deletes.addingSaturating(count)
    case "TRUNCATE": pending.truncates += 1
    case "BEGIN": isInTransaction = true
    case "COMMIT": isInTransaction = false
    case "ROLLBACK":
      isInTransaction = false
      pending = Pending()
    default: break
    }
    if !isInTransaction { settle() }
  }

  private struct Pending {
    var inserts = 0
    var updates = 0
    var deletes = 0
    var truncates = 0
  }

  private var pending = Pending()
  private var isInTransaction = false

  private mutating func settle() {
    inserts = inserts.addingSaturating(pending.inserts)
    updates = updates.addingSaturating(pending.updates)
    deletes = deletes.addingSaturating(pending.deletes)
    truncates = truncates.addingSaturating(pending.truncates)
    pending = Pending()
  }
}
