/// A change of which only the server knows where it lies.
struct UndecidedChange: Sendable {
  let table: UInt32
  let change: KeyChange
  let keys: [Key]
}

/// What becomes of a change.
enum Judgement: Sendable {
  case deliver(TransactionChange)
  case drop
  case undecided(UndecidedChange)
}
