#if Configuration
  import Configuration
  import ReplicationCore

  func configured(_ config: ConfigReader) throws -> Subscription {
    let orders = config.scoped(to: "orders")
    return try Subscription(
      ReplicationParams(config: orders),
      checkpoints: FileCheckpointStore(path: orders.requiredString(forKey: "checkpoint")),
      options: SubscriptionOptions(config: orders))
  }
#endif
