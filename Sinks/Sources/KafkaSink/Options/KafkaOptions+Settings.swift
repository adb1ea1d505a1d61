internal import ChangeSinks

extension KafkaOptions {
  /// The properties of a producer, in the order in which they are set: later ones count.
  func producerSettings(transactionalID: String) throws(SinkError) -> [KafkaSetting] {
    var fixed = [
      KafkaSetting("transactional.id", transactionalID),
      KafkaSetting("transaction.timeout.ms", "\(transactionTimeout.milliseconds)"),
      KafkaSetting("enable.idempotence", "true"),
      KafkaSetting("acks", "all"),
      KafkaSetting("delivery.report.only.error", "true"),
      // Where the state's topic ends has to be asked for without this.
      KafkaSetting("isolation.level", "read_uncommitted"),
    ]
    // Else librdkafka would choose, for a while each time, where records without a key go.
    if choosesPartitions { fixed.append(KafkaSetting("sticky.partitioning.linger.ms", "0")) }
    return try commonSettings() + ownSettings + fixed
  }

  /// The properties of a consumer, in the order in which they are set.
  func consumerSettings() throws(SinkError) -> [KafkaSetting] {
    // It reads up to an end that it knows, and then does not wait for more.
    let defaults = [KafkaSetting("fetch.wait.max.ms", "50")]
    let fixed = [
      KafkaSetting("isolation.level", "read_committed"),
      KafkaSetting("enable.partition.eof", "true"),
      // Else it would go to the end, as if there were nothing.
      KafkaSetting("auto.offset.reset", "error"),
    ]
    return try commonSettings() + defaults + ownSettings + fixed
  }

  /// Whether this sink decides which partition a record goes to.
  var choosesPartitions: Bool { properties["partitioner"] == nil }

  private var ownSettings: [KafkaSetting] {
    properties.sorted { $0.key < $1.key }.map { KafkaSetting($0.key, $0.value) }
  }

  private func commonSettings() throws(SinkError) -> [KafkaSetting] {
    var settings = [
      KafkaSetting("bootstrap.servers", brokers.joined(separator: ",")),
      KafkaSetting("client.id", "pgcdc"),
    ]
    switch (usesTLS, user) {
    case (false, nil): break
    case (true, nil): settings.append(KafkaSetting("security.protocol", "ssl"))
    case (false, _): settings.append(KafkaSetting("security.protocol", "sasl_plaintext"))
    case (true, _): settings.append(KafkaSetting("security.protocol", "sasl_ssl"))
    }
    if let user {
      settings.append(KafkaSetting("sasl.mechanism", "SCRAM-SHA-512"))
      settings.append(KafkaSetting("sasl.username", user))
    }
    if let password {
      settings.append(KafkaSetting("sasl.password", try password.value(for: engineName)))
    }
    return settings
  }
}
