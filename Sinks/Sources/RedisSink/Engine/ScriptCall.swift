internal import ChangeFormats
internal import ChangeSinks

/// Records as arguments of one call of ``WriteScript``.
struct ScriptCall {
  private struct Stream {
    let key: String
    let firstID: SinkPosition
  }

  private var streams: [Stream] = []
  /// By the number of a topic, the number of its stream, from 1; 0 for none yet.
  private var numbers: [Int] = []
  private(set) var records = RedisArguments()
  /// The place of the last record.
  private(set) var position: SinkPosition?

  /// The most arguments of one call: servers before version 7 take about a million.
  private static let maxArguments = 1 << 19
  /// The most arguments that a record has.
  private static let recordArguments = 5

  /// Whether no more records should be put into it.
  var isFull: Bool { records.count > Self.maxArguments - Self.recordArguments }

  mutating func append(
    _ position: SinkPosition, _ topic: RecordTopic, _ record: ChangeRecord, _ options: RedisOptions
  ) {
    let stream = number(of: topic, from: position, options)
    self.position = position
    switch record {
    case .event(nil, let value):
      begin(WriteScript.Kind.value, stream, position)
      records.append(value)
    case .event(let key?, let value):
      begin(WriteScript.Kind.keyAndValue, stream, position)
      records.append(key)
      records.append(value)
    case .tombstone(let key):
      begin(WriteScript.Kind.tombstone, stream, position)
      records.append(key)
    }
  }

  private mutating func begin(_ kind: String, _ stream: Int, _ position: SinkPosition) {
    records.append(kind)
    // The first key of the script is the state.
    records.append(String(stream + 1))
    records.append(position)
  }

  private mutating func number(
    of topic: RecordTopic, from position: SinkPosition, _ options: RedisOptions
  ) -> Int {
    while numbers.count <= topic.number { numbers.append(0) }
    if numbers[topic.number] == 0 {
      streams.append(Stream(key: options.streamKey(of: topic.name), firstID: position))
      numbers[topic.number] = streams.count
    }
    return numbers[topic.number]
  }

  /// What comes before the records.
  func head(
    stateKey: String, epoch: Int64, checkpoint: [UInt8], _ options: RedisOptions
  ) -> RedisArguments {
    var head = RedisArguments("EVAL", WriteScript.text, String(streams.count + 1), stateKey)
    for stream in streams { head.append(stream.key) }
    head.append(String(epoch))
    head.append(position?.description ?? "")
    head.append(checkpoint)
    head.append(options.maximumLength.map { String(max($0, 0)) } ?? "")
    head.append(options.fields.key)
    head.append(options.fields.value)
    head.append(options.fields.tombstone)
    for stream in streams { head.append(stream.firstID) }
    return head
  }
}
