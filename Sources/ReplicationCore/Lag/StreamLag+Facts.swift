internal import PGWire

extension StreamLag {
  /// The lag of a stream.
  ///
  /// - Parameters:
  ///   - statistics: What the stream knows.
  ///   - health: What the server said just now, if it was asked.
  public init(_ statistics: StreamStatistics, health: SlotHealth? = nil) {
    self.init(LagFacts(statistics, health))
  }

  /// The lag of a subscription; while no stream is open, of what has to be received again.
  ///
  /// - Parameters:
  ///   - statistics: What the subscription knows.
  ///   - health: What the server said just now, if it was asked.
  public init(_ statistics: Subscription.Statistics, health: SlotHealth? = nil) {
    self.init(LagFacts(statistics, health))
  }

  private init(_ facts: LagFacts) {
    let places = facts.places
    let steps = places.indices.map { index in
      let (place, above) = (places[index], places[max(index - 1, 0)])
      return Step(
        stage: place.stage, position: place.position,
        bytes: above.position.bytes(since: place.position),
        time: facts.time(from: above, to: place))
    }
    self.init(steps: steps, bottleneck: facts.bottleneck(of: steps), time: facts.age(of: places))
  }
}
