import ChangeFormats
import Foundation
import ReplicationCore

func writeLines(_ subscription: Subscription, to file: FileHandle) async throws {
  var format = JSONLineFormat()
  var output = OutputBuffer()
  for try await transaction in subscription.transactions {
    do {
      format.begin(transaction, to: &output)
      for try await change in transaction.changes { try format.append(change, to: &output) }
      try format.end(transaction, to: &output)
    } catch ReplicationError.interrupted {
      output.removeAll()  // It is delivered again.
      continue
    }
    var data = Data()
    output.withBytes { bytes in
      for index in bytes.indices { data.append(bytes[index]) }
    }
    try file.write(contentsOf: data)
    try file.synchronize()
    output.removeAll()
    transaction.acknowledge()
  }
}
