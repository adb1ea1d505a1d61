import ChangeFormats
import ChangeSinks
import NATSSink
import PGWire
import ReplicationCore
import ReplicationTestKit

/// What a program with a connector does from its start, up to what is committed by now.
enum Replication {
  /// - Parameters:
  ///   - bytes: The size of batches: small ones, so that there are many.
  static func run(
    _ database: TestDatabase, slot: String, into options: NATSOptions, bytes: Int = 2000,
    _ change: (inout ReplicationParams, inout ConnectorOptions) -> Void = { _, _ in }
  ) async throws {
    var params = try database.parameters(slot: slot)
    params.stopAt = database.currentLSN
    var connector = ConnectorOptions()
    connector.subscription = .impatient
    connector.limits = SinkLimits(bytes: bytes)
    connector.retry = ReconnectPolicy(
      initialInterval: .milliseconds(1), longestInterval: .milliseconds(50), timeout: .seconds(60))
    change(&params, &connector)
    let sink = RecordSink(NATSEngine(options), describesTables: false, format: JSONLineFormat())
    try await Connector(params, into: sink, options: connector).run()
  }

  /// What a stream has, without what is different in each stream.
  static func records(_ options: NATSOptions, slot: String) async throws -> [Record] {
    let reader = try NATSReader(options, slot: slot)
    let records = try await reader.records().map { record in
      Record(
        topic: record.subject.split(separator: ".").dropFirst().joined(separator: "."),
        position: record.position, key: record.key, value: record.value)
    }
    await reader.close()
    return records
  }

  struct Record: Hashable {
    let topic: String
    let position: SinkPosition?
    let key: [UInt8]?
    let value: [UInt8]?
  }
}

extension [Replication.Record] {
  /// Whether each record has a place behind that of the one before.
  var isInOrder: Bool {
    let positions = compactMap(\.position)
    return positions.count == count && zip(positions, positions.dropFirst()).allSatisfy { $0 < $1 }
  }
}
