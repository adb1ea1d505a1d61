/// Bytes on their way to the socket, which takes as many at a time as it likes.
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
  /// - Returns: What to wait for before there is more to be written, if not all was.
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
