import Testing

@testable import pgcdc_sink

/// What `/health` and `/metrics` say.
@Suite struct MonitoringTests {
  private static func figures(
    _ name: String = "orders", hasStream: Bool, age: Duration = .seconds(3600)
  ) -> ConnectorFigures {
    var figures = ConnectorFigures(name: name, slot: "\(name)_slot")
    figures.hasStream = hasStream
    figures.age = age
    return figures
  }

  @Test func `all with a stream are well`() {
    let report = HealthReport([
      Self.figures(hasStream: true), Self.figures("audit", hasStream: true),
    ])
    #expect(report.response.status == 200)
    #expect(
      report.response.body == """
        ok: 2 of 2 connectors are well
        orders: well, streaming, slot orders_slot
        audit: well, streaming, slot audit_slot

        """)
  }

  @Test func `one without a stream is not well after a minute`() {
    var broken = Self.figures("audit", hasStream: false, age: .seconds(61))
    broken.failure = "Redis at a:1: it is\ngone"
    let report = HealthReport([Self.figures(hasStream: true), broken])
    #expect(report.response.status == 503)
    let lines = report.response.body.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(
      lines.last
        == #"audit: NOT WELL, without a stream, slot audit_slot; Redis at a:1: it is\ngone"#)
    let young = HealthReport([Self.figures(hasStream: false, age: .seconds(59))])
    #expect(young.isWell)
  }

  @Test func `one that reads its tables first is well, and one that has ended is not`() {
    var reading = Self.figures(hasStream: false)
    reading.isReadingTables = true
    #expect(HealthReport([reading]).isWell)
    reading.isOver = true
    #expect(!HealthReport([reading]).isWell)
  }

  @Test func `metrics are grouped, with labels and types`() {
    var figures = Self.figures("a\"b", hasStream: true)
    figures.values = [.up: 1, .reconnects: 2]
    figures.steps = [
      ConnectorFigures.Step(name: "delivered", bytes: 10, seconds: 0.5),
      ConnectorFigures.Step(name: "saved", bytes: 0, seconds: nil),
    ]
    let lines = MetricsText([figures]).text.split(separator: "\n").map(String.init)
    let labels = #"connector="a\"b",slot="a\"b_slot""#
    #expect(lines.contains("# TYPE pgcdc_connector_up gauge"))
    #expect(lines.contains("pgcdc_connector_up{\(labels)} 1.0"))
    #expect(lines.contains("# TYPE pgrepl_reconnects_total counter"))
    #expect(lines.contains("pgrepl_reconnects_total{\(labels)} 2.0"))
    #expect(lines.contains("pgrepl_step_lag_bytes{\(labels),step=\"delivered\"} 10.0"))
    #expect(lines.contains("pgrepl_step_lag_bytes{\(labels),step=\"saved\"} 0.0"))
    #expect(lines.count { $0.hasPrefix("pgrepl_step_lag_seconds{") } == 1)
    // A metric without a sample has no lines at all.
    #expect(!lines.contains { $0.contains("pgrepl_lag_bytes") })
  }

  @Test func `each metric has a name and a help of its own`() {
    #expect(Set(Metric.allCases.map(\.rawValue)).count == Metric.allCases.count)
    #expect(Set(Metric.allCases.map(\.help)).count == Metric.allCases.count)
  }
}
