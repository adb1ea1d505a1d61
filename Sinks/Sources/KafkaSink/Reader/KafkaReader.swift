public import ChangeSinks

/// Reads whole topics, for tests and tools: what is committed, up to where they end now.
public struct KafkaReader: Sendable {
  private let options: KafkaOptions

  /// A reader, which connects each time that it reads.
  public init(_ options: KafkaOptions) {
    self.options = options
  }

  /// Passes all records of some topics to `body`.
  ///
  /// They come topic by topic, and partition by partition, each in order; `body` is called on a
  /// thread of the reader's.
  ///
  /// The state's topic and those of Kafka itself, which begin with two underscores, are left out
  /// unless the prefix is the whole name of one.
  ///
  /// - Parameter prefix: What the topics' names begin with.
  /// - Throws: `SinkError`.
  public func forEachRecord(
    ofTopicsWithPrefix prefix: String, _ body: @escaping @Sendable (KafkaRecord) -> Void
  ) async throws(SinkError) {
    let chosen = self.options
    try await KafkaWorker().run { () throws(SinkError) in
      let consumer = try KafkaConsumer(chosen)
      let topics = try consumer.topics().filter { topic in
        let isInternal = topic.name == chosen.stateTopic || topic.name.hasPrefix("__")
        return isInternal ? topic.name == prefix : topic.name.hasPrefix(prefix)
      }
      for topic in topics.sorted(by: { $0.name < $1.name }) {
        for partition in 0..<max(topic.partitions, 0) {
          let range = try consumer.range(of: topic.name, partition)
          try consumer.read(topic.name, partition, range, body)
        }
      }
    }
  }

  /// All records of some topics, as ``forEachRecord(ofTopicsWithPrefix:_:)`` passes them.
  public func records(
    ofTopicsWithPrefix prefix: String
  ) async throws(SinkError) -> [KafkaRecord] {
    let found = RecordList()
    try await forEachRecord(ofTopicsWithPrefix: prefix) { found.append($0) }
    return found.records
  }
}
