internal import ChangeSinks
internal import ReplicationCore

/// What Kafka has of a slot: the value of the slot's record in the topic for the state.
///
///     pgcdc-state 1
///     position 0/1A2B3C8/12           of the last record; `position -` if there is none
///     swift-postgres-replication …    the checkpoint as text, if there is one
struct KafkaState {
  /// What everything is done up to.
  var checkpoint: Checkpoint?
  /// The place of the last record.
  var position: SinkPosition?

  private static let title = "pgcdc-state 1\n"
  private static let label = "position "

  /// By default nothing.
  init(checkpoint: Checkpoint? = nil, position: SinkPosition? = nil) {
    self.checkpoint = checkpoint
    self.position = position
  }

  /// The record's value.
  func encoded() throws(ReplicationError) -> [UInt8] {
    let place = position.map { "\($0)" } ?? "-"
    var bytes = Array("\(Self.title)\(Self.label)\(place)\n".utf8)
    if let checkpoint { bytes += try checkpoint.encoded() }
    return bytes
  }

  /// The state from a record's value; `nil` if it is something else, or damaged.
  init?(encoded bytes: [UInt8]) {
    let title = Array((Self.title + Self.label).utf8)
    guard bytes.starts(with: title) else { return nil }
    let rest = bytes.dropFirst(title.count)
    guard let end = rest.firstIndex(of: 0x0A) else { return nil }
    let place = String(decoding: rest[..<end], as: UTF8.self)
    if place != "-" {
      guard let known = SinkPosition(place) else { return nil }
      position = known
    }
    let text = Array(rest[(end + 1)...])
    if !text.isEmpty {
      guard let known = try? Checkpoint(encoded: text) else { return nil }
      checkpoint = known
    }
  }
}
