/// What keeps an application from continuing with the target.
@nonexhaustive public enum SequenceFault: Hashable, Sendable {
  /// The column, as `schema.table.column`, has a sequence in the source, and none in the target.
  case missing(column: String)
  /// The target has no sequence of this name, which columns of the source use.
  case missingSequence(String)
  /// The role that the source is asked by may not read the sequence.
  case unreadable(sequence: String)
  /// The sink's role may not read the sequence of the target, which was not set therefore.
  case unreadableInTarget(sequence: String)
  /// The sequence of the source has changed since it was copied.
  case used(sequence: String)
  /// The next value of the target's sequence comes before the next one of the source.
  case behind(sequence: String, next: Int64)
  /// The table is published, and the sink has never written it.
  case unmirrored(table: String)
}

extension SequenceFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let column):
      "\(column) has a sequence in the source, and none in the target: create it there, as "
        + "pg_dump --schema-only prints it, and start this again"
    case .missingSequence(let sequence):
      "the target lacks the sequence \(sequence), which columns of the source use: create it "
        + "there, as pg_dump --schema-only prints it, and start this again"
    case .unreadable(let sequence):
      "the value of \(sequence) may not be read in the source: \(Self.grant(sequence))"
    case .unreadableInTarget(let sequence):
      "the value of \(sequence) may not be read in the target, and was not set: "
        + Self.grant(sequence)
    case .used(let sequence):
      "\(sequence) was used in the source after its value was copied: is an application still "
        + "using the source?"
    case .behind(let sequence, let next):
      "the next value of \(sequence) in the target comes before \(next), the next one of the "
        + "source: is an application still using the source?"
    case .unmirrored(let table):
      "\(table) is published, and the sink has never written it: run the connector until it has "
        + "read the table with a snapshot, or remove the table from the publication"
    }
  }

  private static func grant(_ sequence: String) -> String {
    "GRANT SELECT ON SEQUENCE \(sequence), and USAGE on its schema, to the role, and start this "
      + "again"
  }
}
