import ChangeFormats
import PGOutput
import ReplicationCore

/// What a client of Kafka, NATS or Redis offers.
protocol RecordLog {
  func append(to topic: String, key: [UInt8]?, value: [UInt8]?)
  func flush() async throws
}

func sendRecords(_ subscription: Subscription, to log: any RecordLog) async throws {
  var format = DebeziumFormat(
    options: DebeziumFormat.Options(name: "shop", database: "orders", version: "1.0"))
  var output = OutputBuffer(keepsRecords: true)
  for try await transaction in subscription.transactions {
    do {
      try format.begin(transaction, to: &output)
      for try await change in transaction.changes {
        if case .relation(let relation) = change {
          let tables = try await subscription.describeTables([relation.relation.oid])
          for table in tables { format.describe(table) }
        }
        try format.append(change, to: &output)
      }
      try format.end(transaction, to: &output)
    } catch ReplicationError.interrupted {
      format.withdraw(transaction, to: &output)
      output.removeAll()  // It is delivered again.
      continue
    }
    output.forEachRecord { topic, record in
      switch record {
      case .event(nil, let value): log.append(to: topic.name, key: nil, value: array(value))
      case .event(let key?, let value):
        log.append(to: topic.name, key: array(key), value: array(value))
      case .tombstone(let key): log.append(to: topic.name, key: array(key), value: nil)
      }
    }
    try await log.flush()
    output.removeAll()
    transaction.acknowledge()
  }
}

/// A client whose records have headers.
protocol HeaderLog {
  func append(to topic: String, key: [UInt8]?, value: [UInt8]?, _ headers: [String: [UInt8]])
}

func sendWithHeaders(_ output: borrowing OutputBuffer, to log: any HeaderLog) {
  output.forEachRecord { topic, record, header in
    var headers: [String: [UInt8]] = [:]
    if let header {
      switch header {
      case .newKey(let key): headers[header.name] = array(key)
      case .oldKey(let key): headers[header.name] = array(key)
      }
    }
    switch record {
    case .event(nil, let value):
      log.append(to: topic.name, key: nil, value: array(value), headers)
    case .event(let key?, let value):
      log.append(to: topic.name, key: array(key), value: array(value), headers)
    case .tombstone(let key): log.append(to: topic.name, key: array(key), value: nil, headers)
    }
  }
}

func array(_ bytes: Span<UInt8>) -> [UInt8] { bytes.indices.map { bytes[$0] } }
