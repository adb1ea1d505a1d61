/// What is kept of transactions in progress.
struct KeptTransactions: Sendable {
  var transactions = 0
  var memory = 0
  var spilled = 0
}
