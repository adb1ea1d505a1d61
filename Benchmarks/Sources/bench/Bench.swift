/// What the shell can't measure by itself; the scripts of `Benchmarks` call it.
@main struct Bench {
  private static let usage = """
    usage: bench synthesize PAYLOAD-BYTES TOTAL-BYTES FILE
           bench streams COUNT MESSAGES URL
           bench latency COMMITS URL SLOT
           bench pipe-latency COMMITS URL        (stdin: what pg_recvlogical writes)
           bench snapshot SECONDS-BEFORE WORKERS URL SLOT
           bench updates PER-SECOND ROWS URL     (until it is ended)

    """

  static func main() async throws {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let rest = Array(arguments.dropFirst())
    switch (arguments.first, rest.count) {
    case ("synthesize", 3):
      guard let payload = Int(rest[0]), let total = Int(rest[1]) else { break }
      return try Synthesizer(payload: payload, total: total).write(to: rest[2])
    case ("streams", 3):
      guard let count = Int(rest[0]), let messages = Int(rest[1]) else { break }
      return try await Streams(count: count, messages: messages, url: rest[2]).run()
    case ("latency", 3):
      guard let commits = Int(rest[0]) else { break }
      return try await Latency(commits: commits, url: rest[1]).ours(slot: rest[2])
    case ("pipe-latency", 2):
      guard let commits = Int(rest[0]) else { break }
      return try await Latency(commits: commits, url: rest[1]).pipe()
    case ("snapshot", 4):
      guard let seconds = Int(rest[0]), let workers = Int(rest[1]) else { break }
      let cost = SnapshotCost(url: rest[2], slot: rest[3], secondsBefore: seconds, workers: workers)
      return try await cost.run()
    case ("updates", 3):
      guard let perSecond = Int(rest[0]), perSecond > 0, let rows = Int(rest[1]) else { break }
      return try await Updates(perSecond: perSecond, rows: rows, url: rest[2]).run()
    default: break
    }
    System.exit(with: usage)
  }
}
