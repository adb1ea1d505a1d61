internal import PGWire

/// What the stream brings, in its order.
extension IncrementalMachine {
  /// A transaction is next; it has not been delivered, and the one before has.
  ///
  /// - Parameters:
  ///   - xid: Of the whole transaction, as Begin and the first Stream Start have it.
  ///   - commitLSN: The start of its commit record.
  mutating func begin(xid: UInt32, commitLSN: LSN) throws(IncrementalFault) -> Attention {
    serial &+= 1
    current = Current(xid: xid, id: nil, commitLSN: commitLSN)
    guard !isIdle else {
      current?.isAdmitted = true
      return .none
    }
    guard let id = currentID() else { throw .transactionID(xid) }
    greatestBegun = max(greatestBegun ?? id, id)
    // Everything that a snapshot with a horizon up to here saw has ended below.
    pass(commitLSN)
    guard !isIdle else {
      current?.isAdmitted = true
      return .none
    }
    let mayWait =
      dropped.isFull
      || tables.values.contains { table in
        table.ranges.pieces.contains { piece in
          switch piece.state {
          case .arming: true
          case .reading(let reading): !isSeen(id, by: reading.point)
          default: false
          }
        }
      }
    // Without a look at its changes it is not known what it touches. Until it is admitted, ranges
    // can be armed, so that there must be no moment between this answer and the first change.
    current?.isAdmitted = !mayWait
    return mayWait ? .scan : .judge
  }

  /// A change of the next transaction, before it is admitted.
  ///
  /// - Returns: Keys that only the server can place: report where they lie, and scan again.
  mutating func scan(_ change: KeyChange, of table: UInt32) -> [Key] {
    guard let ranges = tables[table]?.ranges, current?.isAdmitted == false else { return [] }
    var undecided: [Key] = []
    for key in change.keys {
      if let index = place(of: key, in: table) {
        current?.touched.insert(ranges.pieces[index].id)
      } else if !hasNoOrder(table) {
        undecided.append(key)
      }
    }
    return undecided
  }

  /// The next transaction truncates a table, or its changes to it are not known.
  mutating func scanWhole(_ table: UInt32) {
    guard let ranges = tables[table]?.ranges, current?.isAdmitted == false else { return }
    for piece in ranges.pieces { current?.touched.insert(piece.id) }
  }

  /// Whether the scanned transaction can be delivered now; ask again after each event if not.
  mutating func admission() -> Admission {
    guard let current, !current.isAdmitted, let id = currentID() else { return .proceed }
    var wait: Admission?
    for (oid, table) in tables.sorted(by: { $0.key < $1.key }) where !current.touched.isEmpty {
      for piece in table.ranges.pieces where current.touched.contains(piece.id) {
        switch piece.state {
        case .open, .claimed:
          if dropped.isFull { wait = wait ?? .waitForAnySnapshot }
        case .arming where rules.holdsWhileArming && piece.armedDuring != serial:
          wait = wait ?? .waitForSnapshot(piece.id)
        case .reading(let reading) where rules.placesChunkFirst:
          guard !isSeen(id, by: reading.point) else { continue }
          if isOnDisk(reading.point) { return .deliverChunk(piece.id) }
          wait = wait ?? .waitForFlush(RangeID(table: oid, number: piece.id.number))
        default: continue
        }
      }
    }
    if let wait { return wait }
    self.current?.isAdmitted = true
    armWaiting()
    return .proceed
  }

  /// Arms the ranges whose workers got their locks while this transaction waited.
  ///
  /// It touches them, and they were open when it came. If they had been armed then, it would have
  /// had to wait for them too, one after the other.
  private mutating func armWaiting() {
    for table in tables.values {
      for piece in table.ranges.pieces where piece.state == .claimed(hasLock: true) {
        arm(piece.id)
      }
    }
  }

  /// The transaction has been delivered, whatever was dropped of it.
  mutating func transactionEnds(endLSN: LSN) {
    current = nil
    pass(endLSN)
    observeIfCrowded()
  }

  /// The transaction broke off while it was being delivered, and will be sent again.
  ///
  /// What was dropped of it stays on the guard's list, which does no harm.
  mutating func transactionBreaksOff() {
    current = nil
  }

  /// A keepalive: all transactions that end at or below the position have been delivered.
  ///
  /// Not to be called while one that came before it in the stream still waits.
  mutating func keepalive(walEnd: LSN) {
    pass(walEnd)
  }

  /// A chunk that can be delivered now, between two transactions, though none of them needs it.
  func chunkToPlace() -> RangeID? {
    guard current?.isAdmitted != true else { return nil }
    for (_, table) in tables.sorted(by: { $0.key < $1.key }) {
      for piece in table.ranges.pieces {
        guard case .reading(let reading) = piece.state, isOnDisk(reading.point),
          reading.hasWaited || reading.point.horizon <= position
        else { continue }
        return piece.id
      }
    }
    return nil
  }

  /// The stream has come to a position at which all that ends at or below it is delivered.
  mutating func pass(_ position: LSN) {
    guard position > self.position else { return }
    self.position = position
    flushedPosition = max(flushedPosition, position)
    settle()
  }

  /// Forgets filters behind which the stream is, and tables that have none left.
  mutating func settle() {
    for oid in tables.keys.sorted() {
      if let end = tables[oid]?.leavesAt {
        if end <= position { forget(oid) }
        continue
      }
      tables[oid]?.ranges.pass(position)
      join(oid)
      guard let table = tables[oid] else { continue }
      let states = table.ranges.pieces.map(\.state)
      guard states.allSatisfy({ $0 == .passed || $0 == .released }) else { continue }
      tables[oid] = nil
      if !states.contains(.released) {
        items.append(.tableIsWhole(table: oid, at: table.horizon))
      }
    }
  }

  private mutating func observeIfCrowded() {
    guard dropped.isCrowded, !isObserving else { return }
    isObserving = true
    actions.append(.observeSnapshot)
  }

  func isSeen(_ id: FullTransactionID, by point: ReadPoint) -> Bool {
    guard rules.comparesIDs else { return current.map { $0.commitLSN < point.horizon } ?? true }
    return point.snapshot.sees(id)
  }

  /// Whether a crash of the server can't undo anything that the snapshot has seen.
  ///
  /// With `synchronous_commit = off` others see a commit before it is on disk. After a crash it has
  /// never been, and its id is given to another transaction, which the snapshot would seem to see.
  func isOnDisk(_ point: ReadPoint) -> Bool {
    !rules.awaitsFlush || point.horizon <= flushedPosition
  }
}

extension KeyChange {
  var keys: [Key] {
    switch self {
    case .insert(let key), .delete(let key): [key]
    case .update(let old, let new, _): old.map { [$0, new] } ?? [new]
    }
  }
}
