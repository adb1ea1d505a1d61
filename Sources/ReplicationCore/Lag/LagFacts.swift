internal import CDCTime
internal import PGWire

/// What is known of a stream's positions and times, from which its lag follows.
struct LagFacts {
  struct Place {
    let stage: StreamLag.Stage
    var position: LSN

    /// Whether it is above what was received, or that itself.
    var isAtServer: Bool { stage == .server || stage == .sent || stage == .received }
  }

  /// Where the consumer's side is, from the top down.
  private let own: [Place]
  private let received: LSN
  /// `nil` while no stream is open.
  private let stream: StreamStatistics?
  private let health: SlotHealth?
  private let waitsForStore: Bool
  /// Whether anything is acknowledged at all.
  private let acknowledges: Bool

  init(_ stream: StreamStatistics, _ health: SlotHealth?) {
    (self.stream, self.health) = (stream, health)
    received = stream.received
    (waitsForStore, acknowledges) = (false, true)
    own = [
      Place(stage: .delivered, position: max(stream.delivered, stream.taken)),
      Place(stage: .acknowledged, position: stream.acknowledged),
      Place(stage: .reported, position: stream.reportedFlush),
    ]
  }

  init(_ statistics: Subscription.Statistics, _ health: SlotHealth?) {
    (stream, self.health) = (statistics.stream, health)
    waitsForStore = statistics.waitsForStore
    let acknowledges = !statistics.leavesSlot
    self.acknowledges = acknowledges
    // Without a stream, everything that is not acknowledged has to be received again.
    let delivered =
      statistics.stream.map { max($0.delivered, $0.taken) } ?? statistics.acknowledged
    received = statistics.stream?.received ?? delivered
    var own = [Place(stage: .delivered, position: delivered)]
    if acknowledges {
      // If nothing is unacknowledged, nothing waits here, even if the slot does not follow the log.
      let acknowledged =
        statistics.unacknowledged == 0
        ? max(statistics.acknowledged, delivered) : statistics.acknowledged
      own.append(Place(stage: .acknowledged, position: acknowledged))
      if statistics.hasStore {
        let isAll = statistics.saved >= statistics.acknowledged
        own.append(Place(stage: .saved, position: isAll ? acknowledged : statistics.saved))
      }
      if let stream = statistics.stream {
        own.append(Place(stage: .reported, position: stream.reportedFlush))
      }
    }
    self.own = own
  }

  /// The stages that are known, from the top down.
  var places: [Place] {
    var places: [Place] = []
    if let health { places.append(Place(stage: .server, position: health.currentLSN)) }
    if let sent = health?.sentLSN { places.append(Place(stage: .sent, position: sent)) }
    places.append(Place(stage: .received, position: received))
    places += own
    if acknowledges, let confirmed = health?.slot.confirmedFlushLSN {
      places.append(Place(stage: .confirmed, position: confirmed))
    }
    // Every stage above has passed a position before the ones below. The numbers are not all from
    // the same moment, and some follow only transactions, others the whole log.
    for index in places.indices.dropLast().reversed() {
      places[index].position = max(places[index].position, places[index + 1].position)
    }
    return places
  }

  /// How much older a place is than the one above it; `nil` if that is not known.
  func time(from above: Place, to place: Place) -> Duration? {
    if place.position >= above.position { return .zero }
    let ages =
      place.isAtServer
      ? (serverAge(of: above), serverAge(of: place)) : (ownAge(of: above), ownAge(of: place))
    guard case (let before?, let age?) = ages else { return nil }
    return max(age - before, .zero)
  }
}

// MARK: - Ages

extension LagFacts {
  /// How long ago the first byte was written that the last place has not; `nil` if not known.
  func age(of places: [Place]) -> Duration? {
    guard let first = places.first, let last = places.last, last.position < first.position
    else { return .zero }
    if let age = serverAge(of: last) { return age }
    return last.position < received ? ownAge(of: last) : nil
  }

  /// How long ago the first byte beyond a place was received.
  private func ownAge(of place: Place) -> Duration? {
    stream.flatMap { $0.histories.receipts.age(beyond: place.position, at: $0.now) }
  }

  /// How long ago the server wrote the first byte beyond a place.
  private func serverAge(of place: Place) -> Duration? {
    guard let stream, let health else { return nil }
    if place.position >= health.currentLSN { return .zero }
    let ends = stream.histories.serverEnds
    let least = ends.age(beyond: place.position, at: stream.now)
    if let least, ends.covers(place.position) { return least }
    // It was written before the server was first asked.
    guard let lateness else { return nil }
    return max(lateness + (ownAge(of: place) ?? .zero), least ?? .zero)
  }

  /// How old the last delivered transaction was when it was received, by the server's clock alone.
  private var lateness: Duration? {
    guard let stream, let now = health?.serverTime, let committed = stream.lastCommitTime,
      now.isFinite, committed.isFinite,
      let waited = stream.histories.receipts.age(of: stream.delivered, at: stream.now)
    else { return nil }
    let age = Duration.microseconds(now.microseconds(since: committed))
    // The server's clock may have been set back.
    return max(age - waited, .zero)
  }
}

// MARK: - The bottleneck

extension LagFacts {
  /// A shorter time is not a wait.
  private static let moment = Duration.seconds(1)
  /// If the time is not known, fewer bytes than this are not a wait.
  private static let fewBytes: UInt64 = 1 << 20
  /// Fewer bytes than this at the server are not a wait: it writes and sends its log in pieces.
  private static let fewServerBytes: UInt64 = 64 << 10

  /// The stage that holds the stream up, if any does.
  func bottleneck(of steps: [StreamLag.Step]) -> StreamLag.Stage? {
    let waiting = steps.filter { isWait($0) }
    let most = waiting.max {
      ($0.bytes, $0.time ?? .zero) < ($1.bytes, $1.time ?? .zero)
    }
    guard let most else { return nil }
    // A stage that is held up from below is not to blame.
    if waitsForStore, isAbove(most.stage, .saved) { return .saved }
    if stream?.isReadingStopped == true, isAbove(most.stage, .delivered) { return .delivered }
    return most.stage
  }

  private func isWait(_ step: StreamLag.Step) -> Bool {
    let place = Place(stage: step.stage, position: step.position)
    guard step.bytes >= (place.isAtServer ? Self.fewServerBytes : 1) else { return false }
    guard let time = waitingTime(step, place) else { return step.bytes >= Self.fewBytes }
    // Reports that are not urgent are sent at this interval.
    let allowed = step.stage == .reported ? stream?.reportInterval ?? .zero : .zero
    return time >= Self.moment + allowed
  }

  /// How long the first byte has waited for the step.
  ///
  /// Much may have been written in a short time and wait for a long one, so it is not how much
  /// older the place is than the one above. But reports follow acknowledgements at their own pace.
  private func waitingTime(_ step: StreamLag.Step, _ place: Place) -> Duration? {
    switch step.stage {
    case .server, .sent, .reported, .confirmed: step.time
    case .received: serverAge(of: place)
    case .delivered, .acknowledged, .saved: ownAge(of: place)
    }
  }

  private func isAbove(_ stage: StreamLag.Stage, _ other: StreamLag.Stage) -> Bool {
    let order = StreamLag.Stage.allCases
    guard let index = order.firstIndex(of: stage), let otherIndex = order.firstIndex(of: other)
    else { return false }
    return index < otherIndex
  }
}
