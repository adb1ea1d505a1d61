/// Bytes on their way to the socket, which may take any number at a time.
package struct OutgoingBytes: Sendable {
  private var bytes: [UInt8] = []
  private var sent = 0

  package init() {}

  /// How many still have to go.
  package var count: Int { bytes.count - sent }

  package var isEmpty: Bool { count == 0 }

  /// Puts a message at the end.
  package mutating func append(_ message: FrontendMessage) {
    bytes += message.encoded
  }

  /// Writes what the socket takes now, without waiting.
  ///
  /// - Returns: What to wait for before more can be written; `nil` if all was written.
  package mutating func write(
    to transport: inout Transport
  ) throws(TransportError) -> Readiness {
    while !isEmpty {
      let result: TransferResult
      do {
        result = try transport.write(bytes.span.extracting(droppingFirst: sent))
      }
      switch result {
      case .moved(let count): sent += count
      case .wouldBlock(let readiness): return readiness
      case .end: throw .closedByServer
      }
    }
    bytes.removeAll(keepingCapacity: true)
    sent = 0
    return []
  }
}
