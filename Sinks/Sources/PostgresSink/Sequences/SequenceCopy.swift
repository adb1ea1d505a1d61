/// The value of a sequence that was copied.
public struct CopiedSequence: Hashable, Sendable {
  /// The sequence in the target, with its schema.
  public let name: String
  /// The value that it has now.
  public let value: Int64
  /// Whether the next value comes after ``value``; otherwise it is ``value`` itself.
  public let isCalled: Bool
}

/// What ``PostgresSink/copySequences(from:margin:)`` has done.
public struct SequenceCopy: Hashable, Sendable {
  /// The sequences of the target that were changed.
  public let sequences: [CopiedSequence]
  /// The states that the source's sequences had, by their quoted names.
  var states: [String: SequenceState] = [:]
}

/// How sequences of the target compare with those of the source.
public struct SequenceCheck: Hashable, Sendable {
  /// The sequences in the target that continue behind those of the source, with their schemas.
  public let ready: [String]
  /// What is in the way of an application that is to use the target.
  public let faults: [SequenceFault]
}
