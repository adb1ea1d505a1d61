/// How a program speaks of its work, in the help of options that it shares with another program.
///
/// `pgcdc` prints changes, and `pgcdc-sink` writes them into an engine.
public protocol ProgramWords: Sendable {
  /// The server that has the changes, without an article.
  static var server: String { get }
  /// What the program does with changes, as in "print the changes".
  static var verb: String { get }
  /// The same, as in "what is printed".
  static var participle: String { get }
  /// What options for tables and columns require: a sentence and a space, or nothing.
  static var filterRequirement: String { get }
  /// What envelopes of CloudEvents imply: a space and a sentence, or nothing.
  static var envelopeConsequence: String { get }
  /// The option with which Debezium's events name their transactions.
  static var transactionOption: String { get }
}

extension ProgramWords {
  static var capitalVerb: String { verb.prefix(1).uppercased() + verb.dropFirst() }
}
