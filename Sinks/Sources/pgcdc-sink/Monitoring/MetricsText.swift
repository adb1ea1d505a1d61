/// Metrics in the text format of Prometheus.
///
///     # HELP pgrepl_lag_bytes WAL from the acknowledged position to the server's end
///     # TYPE pgrepl_lag_bytes gauge
///     pgrepl_lag_bytes{connector="orders",slot="orders_slot"} 1234.0
///
/// Format: <https://prometheus.io/docs/instrumenting/exposition_formats/>
struct MetricsText {
  /// All lines.
  let text: String

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  init(_ figures: [ConnectorFigures]) {
    var text = ""
    for metric in Metric.allCases {
      let samples = figures.flatMap { Self.samples(of: metric, $0) }
      if samples.isEmpty { continue }
      text += "# HELP \(metric.rawValue) \(metric.help)\n"
      text += "# TYPE \(metric.rawValue) \(metric.type)\n"
      text += samples.joined()
    }
    self.text = text
  }

  /// The lines of one metric for a connector; several for steps, and none if it is not known.
  private static func samples(of metric: Metric, _ figures: ConnectorFigures) -> [String] {
    let labels = [("connector", figures.name), ("slot", figures.slot)]
    switch metric {
    case .stepLagBytes:
      return figures.steps.map { line(metric, labels + [("step", $0.name)], $0.bytes) }
    case .stepLagSeconds:
      return figures.steps.compactMap { step in
        step.seconds.map { line(metric, labels + [("step", step.name)], $0) }
      }
    default: return figures.values[metric].map { [line(metric, labels, $0)] } ?? []
    }
  }

  private static func line(
    _ metric: Metric, _ labels: [(String, String)], _ value: Double
  ) -> String {
    let list = labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
    return "\(metric.rawValue){\(list)} \(value)\n"
  }

  private static func escaped(_ value: String) -> String {
    value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
      .replacing("\n", with: "\\n")
  }
}
