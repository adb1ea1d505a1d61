internal import ReplicationCore

/// What the doctor found, for people and for programs.
struct DoctorReport {
  private let diagnosis: Diagnosis

  init(_ diagnosis: Diagnosis) {
    self.diagnosis = diagnosis
  }

  /// One object: the counts, then the findings.
  var json: JSONValue {
    .object([
      ("ok", .bool(!diagnosis.hasProblems)),
      ("problems", .integer(Int64(diagnosis.count(.problem)))),
      ("warnings", .integer(Int64(diagnosis.count(.warning)))),
      (
        "findings",
        .array(
          diagnosis.findings.map { finding in
            .object([
              ("id", .string(finding.id)), ("severity", .string("\(finding.severity)")),
              ("subject", .string(finding.subject)), ("what", .string(finding.what)),
              ("why", .optional(finding.why)), ("fix", .optional(finding.fix)),
            ])
          })
      ),
    ])
  }

  /// The worst at the end, where the eye is.
  ///
  /// - Parameter all: Also checks that passed; without it they are only counted.
  func lines(all: Bool) -> [ScreenText] {
    let shown = diagnosis.findings.filter { all || $0.severity > .fine }
    let width = shown.map { ("\($0.subject)" as ScreenText).count }.max() ?? 0
    let margin = ("" as ScreenText).padded(to: 11 + width)
    var lines: [ScreenText] = []
    for severity in Finding.Severity.allCases {
      for finding in shown where finding.severity == severity {
        let subject = ("\(finding.subject)" as ScreenText).padded(to: width)
        lines.append("\(mark(severity))  \(subject)  \(finding.what)")
        if let why = finding.why { lines.append("\(margin)\(dim("why  "))\(why)") }
        if let fix = finding.fix { lines.append("\(margin)\(dim("fix  "))\(fix)") }
      }
    }
    if !lines.isEmpty { lines.append("") }
    return lines + [summary]
  }

  private var summary: ScreenText {
    let counts = [
      (diagnosis.count(.problem), "problem"), (diagnosis.count(.warning), "warning"),
      (diagnosis.count(.note), "note"),
    ].map { $0.0 == 1 ? "1 \($0.1)" : "\($0.0) \($0.1)s" }.joined(separator: ", ")
    return "\(counts); \(diagnosis.count(.fine)) checks fine"
  }

  private func mark(_ severity: Finding.Severity) -> ScreenText {
    switch severity {
    case .fine: Paint.apply("fine   ", "32")
    case .note: Paint.apply("note   ", "36")
    case .warning: Paint.apply("warning", "33")
    case .problem: Paint.apply("PROBLEM", "1;31")
    }
  }

  private func dim(_ text: ScreenText) -> ScreenText { Paint.apply(text, "2") }
}
