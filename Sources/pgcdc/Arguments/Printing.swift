internal import PgcdcArguments

/// How this program speaks of its work: it prints changes.
enum Printing: ProgramWords {
  static let server = "server"
  static let verb = "print"
  static let participle = "printed"
  static let filterRequirement =
    "This and the options below require --format json or debezium. "
  static let envelopeConsequence =
    " With --checkpoint it implies --whole-transactions: events that were withdrawn would have the "
    + "ids of those that count."
  static let transactionOption = "--debezium-transactions"
}
