internal import PGWire

/// What readers are to do.
extension IncrementalDelivery {
  /// Has done what the machine wants, and offers open ranges to free workers.
  mutating func drive(now: Instant = .now) {
    for action in machine.takeActions() { readers.perform(action) }
    offerRanges(now)
    ask(now)
  }

  mutating func offerRanges(_ now: Instant) {
    guard !requests.isHeld else { return }
    for oid in machine.tables.keys.sorted() {
      guard readers.hasFreeWorker else { return }
      guard offers[oid] == nil, !paused.contains(oid), retries.mayTry(oid, now: now),
        var table = tables[oid], let shape = machine.tables[oid]?.shape,
        let (id, range) = machine.openRange(of: oid)
      else { continue }
      table.shape = shape
      offers[oid] = id
      offered[id] = table.table
      readers.offer(id, of: table, range)
    }
  }

  /// Asks for what the machine waits for, again and again.
  mutating func ask(_ now: Instant) {
    guard needsAnswer, observations.mayTry(now: now),
      asked.map({ now - $0 >= Self.pace }) ?? true
    else { return }
    asked = now
    readers.askForFlush()
  }

  var needsAnswer: Bool {
    guard !machine.isIdle else { return false }
    return machine.isWaitingForWriters || machine.isObserving || waitsForServer
      || machine.tables.values.contains { table in
        table.ranges.pieces.contains { piece in
          if case .reading(let reading) = piece.state {
            reading.point.horizon > machine.flushedPosition
          } else {
            false
          }
        }
      }
  }

  var waitsForServer: Bool {
    switch waiting?.for {
    case .waitForFlush, .waitForAnySnapshot: true
    default: false
    }
  }

  /// Whether to ask the server how far it is: something is filtered until the stream is further.
  ///
  /// At once for a chunk that is new, since an idle server would say it much later.
  mutating func asksStream(now: Instant = .now) -> Bool {
    guard let horizon = greatestHorizon else { return false }
    if let (asked, moment) = askedStream, horizon <= asked, now - moment < Self.pace {
      return false
    }
    askedStream = (horizon, now)
    return true
  }

  /// The position up to which something is filtered.
  private var greatestHorizon: LSN? {
    machine.tables.values.flatMap { table in
      table.ranges.pieces.compactMap { $0.state.point?.horizon }
        + (table.leavesAt.map { [$0] } ?? [])
    }.max()
  }

  /// How soon to attend to it again if nothing happens; `nil` if that is not necessary.
  var pace: Duration? { machine.isIdle ? nil : Self.pace }
}
