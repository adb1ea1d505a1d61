internal import PGWire

/// Single-row updates all over a table, so many a second, until somebody ends the program.
struct Updates {
  let perSecond: Int
  /// The highest key; its row is left as it is.
  let rows: Int
  let url: String

  func run() async throws {
    let connection = try await WireConnection.connect(try ConnectionOptions(server: url))
    let clock = ContinuousClock()
    let pause = Duration.seconds(1) / perSecond
    var next = clock.now
    while true {
      let key = Int.random(in: 1..<max(rows, 2))
      _ = try await connection.query(
        "UPDATE pgcdc_bench.items SET k = k + 1 WHERE id = \(key)")
      next += pause
      // What could not be kept up with is not made up for later.
      next = max(next, clock.now - .milliseconds(100))
      try await Task.sleep(until: next, clock: clock)
    }
  }
}
