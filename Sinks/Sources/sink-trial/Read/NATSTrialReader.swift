import ChangeSinks
import NATSSink

/// Reads everything that the sink has put into NATS: one stream, which has all subjects in order.
enum NATSTrialReader {
  private static let pageSize = 10_000

  static func records(at url: String, slot: String) async throws -> [TrialRecord] {
    let reader = try NATSReader(try NATSOptions(url), slot: slot)
    var records: [TrialRecord] = []
    var last: UInt64?
    repeat {
      let page = try await reader.records(after: last ?? 0, limit: pageSize)
      for record in page {
        guard let position = record.position else {
          throw TrialError("message \(record.sequence) of \(record.subject) has no position")
        }
        records.append(
          TrialRecord(
            place: slot, topic: record.subject, position: position, key: record.key,
            value: record.value))
      }
      last = page.count == pageSize ? page.last?.sequence : nil
    } while last != nil
    await reader.close()
    return records
  }
}
