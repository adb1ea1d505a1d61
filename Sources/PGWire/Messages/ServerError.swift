public struct ServerError: Error, Hashable, Sendable {
  init(decoding bytes: Span<UInt8>) throws(WireError) {}
}
