/// As one text: that of ``encoded()``, with its version and its checksum.
extension Checkpoint: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    do throws(ReplicationError) {
      try self.init(encoded: Array(text.utf8))
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(String(decoding: try encoded(), as: UTF8.self))
  }
}
