internal import PgcdcArguments

/// How this program speaks of its work: it writes changes.
enum Writing: ProgramWords {
  static let server = "source server"
  static let verb = "write"
  static let participle = "written"
  static let filterRequirement = ""
  static let envelopeConsequence = ""
  static let transactionOption = "--transaction-records"
}
