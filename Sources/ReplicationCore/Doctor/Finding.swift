/// One thing that the doctor found.
public struct Finding: Hashable, Sendable {
  /// A name for the kind of finding that does not change: `wal-level`, `slot-lost` and so on.
  public let id: String
  /// How bad it is.
  public let severity: Severity
  /// What it is about: `server`, `connection`, `role`, `slot s`, `publication p`, `table s.t`.
  public let subject: String
  /// What was found, in one sentence.
  public let what: String
  /// Why that matters; `nil` if all is well.
  public let why: String?
  /// How to fix it: SQL, with a comment if more than SQL is needed.
  public let fix: String?

  /// How bad a finding is.
  @nonexhaustive public enum Severity: Int, Hashable, Sendable, Comparable, CaseIterable {
    /// As it should be.
    case fine
    /// Good to know.
    case note
    /// It works, but may stop working.
    case warning
    /// It does not work, or data is in danger.
    case problem

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  }

  init(
    _ severity: Severity, _ id: String, _ subject: String, _ what: String, why: String? = nil,
    fix: String? = nil
  ) {
    self.id = id
    self.severity = severity
    self.subject = subject
    self.what = what
    self.why = why
    self.fix = fix
  }
}

/// Everything that the doctor found, in the order of its examination.
public struct Diagnosis: Hashable, Sendable {
  /// The findings.
  public let findings: [Finding]

  /// Whether anything is wrong; warnings and notes are not.
  public var hasProblems: Bool { findings.contains { $0.severity == .problem } }

  /// How many findings there are of a severity.
  public func count(_ severity: Finding.Severity) -> Int {
    findings.count { $0.severity == severity }
  }
}
