/// Whether all connectors are well, and a line for each.
///
///     ok: 2 of 2 connectors are well
///     orders: well, streaming from orders_slot
///     audit: well, 12 s old, streaming from audit_slot
struct HealthReport {
  private let figures: [ConnectorFigures]

  /// A connector this young may still be connecting.
  private static let youth = Duration.seconds(60)

  init(_ figures: [ConnectorFigures]) {
    self.figures = figures
  }

  /// Whether every connector has an open stream, reads its tables before, or has just been begun.
  var isWell: Bool { figures.allSatisfy(Self.isWell) }

  /// The answer: status 200 or 503.
  var response: HTTPResponse {
    let well = figures.count(where: Self.isWell)
    let head = "\(isWell ? "ok" : "not ok"): \(well) of \(figures.count) connectors are well"
    let lines = [head] + figures.map(Self.line)
    return HTTPResponse(
      status: isWell ? 200 : 503, reason: isWell ? "OK" : "Service Unavailable",
      body: lines.joined(separator: "\n") + "\n")
  }

  private static func isWell(_ figures: ConnectorFigures) -> Bool {
    !figures.isOver && (figures.hasStream || figures.isReadingTables || figures.age < youth)
  }

  private static func line(_ figures: ConnectorFigures) -> String {
    let doing =
      if figures.isOver {
        figures.phase
      } else if figures.hasStream {
        "streaming"
      } else if figures.isReadingTables {
        "reading the tables"
      } else {
        "without a stream"
      }
    var line = "\(figures.name): \(isWell(figures) ? "well" : "NOT WELL"), \(doing)"
    line += ", slot \(figures.slot)"
    // An error that is over is in the log.
    if !figures.hasStream, let failure = figures.failure { line += "; \(failure)" }
    return line.printable
  }
}
