import ChangeSinks
import RedisSink

/// Reads everything that the sink has put into Redis.
enum RedisTrialReader {
  private static let pageSize = 1000

  static func records(at url: String, slot: String) async throws -> [TrialRecord] {
    var records: [TrialRecord] = []
    let reader = RedisReader(try RedisOptions(url: url))
    for topic in try await reader.topics() {
      var last: SinkPosition?
      repeat {
        let page = try await reader.entries(of: topic, after: last, limit: pageSize)
        for entry in page {
          records.append(
            TrialRecord(
              place: topic, topic: topic, position: entry.position, key: entry.key,
              value: entry.value))
        }
        last = page.count == pageSize ? page.last?.position : nil
      } while last != nil
    }
    await reader.close()
    return records
  }
}
