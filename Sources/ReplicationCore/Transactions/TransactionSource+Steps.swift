internal import Logging
internal import PGOutput
internal import PGWire

extension TransactionSource {
  /// The next step.
  ///
  /// - Parameter inHand: Whether the consumer is in the middle of a transaction, which is not
  ///   given up when it is stopped, and can break off.
  /// - Returns: `nil` if nothing comes any more.
  func nextStep(
    inHand: Bool
  ) async throws(ReplicationError) -> TransactionAssembler.Step? {
    if let ending {
      try ending.get()
      return nil
    }
    do throws(ReplicationError) {
      while true {
        // Looked up before the step is taken, which a cancelled task would lose.
        if let relation = assembler.upcomingStep?.relation { try await learn(relation) }
        if let step = assembler.nextStep() {
          switch step {
          case .end, .whole, .point, .staged: attempts = nil
          default: break
          }
          return step
        }
        if replay != nil {
          if let end = try await replayNext() { return .end(end) }
          continue
        }
        if let failure = acknowledgements.failure { throw failure }
        try await spill()
        guard try await takeNext(inHand: inHand) else { return nil }
      }
    } catch {
      var error = error
      // A wait that nobody cancelled was given up since nothing can be saved any more.
      if error == .cancelled, !Task.isCancelled, let failure = acknowledgements.failure {
        error = failure
      }
      // What has broken stays broken; a wait that was given up, or broke off, does not.
      switch error {
      case .cancelled, .interrupted: break
      default: ending = .failure(error)
      }
      throw error
    }
  }

  /// Waits while too much of what was acknowledged is not saved yet.
  func waitForSaves() async throws(ReplicationError) {
    let limit = max(options.unsavedTransactions, 1)
    while acknowledgements.isBehind(by: limit) {
      if Task.isCancelled || waitLimit.map({ $0 <= .now }) ?? false { throw .cancelled }
      if control.isStopped { return }
      try await control.wait(heedsStop: true, until: waitLimit) {
        [acknowledgements] () throws(ReplicationError) in await acknowledgements.catchUp(to: limit)
      }
    }
  }

  /// Gives the next message of a kept transaction to the assembler.
  ///
  /// - Returns: Its end, if there is none any more.
  private func replayNext() async throws(ReplicationError) -> LSN? {
    guard var replay = replay.take() else { return nil }
    do {
      if !replay.reader.hasBegun { assembler.beginReplay(at: replay.reader.place) }
      let step = replay.reader.next()
      switch step {
      case .message(let message): try assembler.replay(message)
      case .read(let read):
        let file = file
        try await OwnThread.run(failure: ReplicationError.transport) {
          () throws(ReplicationError) in
          guard let file else { throw .closed }
          do throws(SpillError) { try read.run(file) } catch { throw .spill(error) }
        }
        replay.reader.take(read)
      case .end:
        assembler.endReplay()
        assembler.streamed.giveBack(replay.reader.blocks)
        return replay.end
      }
    } catch {
      throw (error as? PgOutputError).map(ReplicationError.decoding) ?? error as? ReplicationError
        ?? .closed
    }
    self.replay = replay
    return nil
  }

  /// The file for streamed transactions, which is made if there is none.
  func spillFile() async throws(ReplicationError) -> SpillFile {
    if let file { return file }
    let directory = options.spillDirectory
    let file = try await OwnThread.run(failure: ReplicationError.transport) {
      () throws(ReplicationError) in
      do throws(SpillError) { return try SpillFile(in: directory) } catch { throw .spill(error) }
    }
    self.file = file
    return file
  }

  /// Moves streamed transactions to the file until the rest keeps its limit.
  private func spill() async throws(ReplicationError) {
    while let (xid, pieces) = assembler.streamed.planSpill() {
      let file = try await spillFile()
      try await OwnThread.run(failure: ReplicationError.transport) { () throws(ReplicationError) in
        do throws(SpillError) {
          for piece in pieces { try file.write(piece.segment, piece.range, at: piece.offset) }
        } catch {
          throw .spill(error)
        }
      }
      assembler.streamed.spilled(xid)
      isFileUsed = true
      spilled += pieces.reduce(0) { $0 + $1.range.count }
    }
    if isFileUsed, assembler.streamed.isFileEmpty { emptyFile() }
    noteKept()
  }

  private func emptyFile() {
    file?.empty()
    isFileUsed = false
  }

  /// Lets others know what is kept, when it has changed.
  private func noteKept() {
    let kept = KeptTransactions(
      transactions: assembler.streamed.count + assembler.provisional.count,
      memory: assembler.streamed.memory, spilled: spilled)
    guard kept.transactions != noted.transactions || kept.spilled != noted.spilled else { return }
    noted = kept
    control.kept = kept
  }

  /// Asks what the types of a table are made of, again and again if the server can't be asked.
  private func learn(_ relation: Relation) async throws(ReplicationError) {
    guard options.learnsTypes, let stream = control.stream else { return }
    var attempts = Attempts(options.reconnect, now: .now())
    while !catalog.isComplete(for: relation) {
      do throws(ReplicationError) {
        if try await stream.learnTypes(of: relation, into: &catalog) {
          assembler.learn(RowReaders(catalog))
        }
        return
      } catch {
        guard error.isTransient, !control.isStopped,
          let wait = attempts.wait(forSlot: false, now: .now())
        else { throw error }
        try await pause(wait)
      }
    }
  }

  /// Gives the next message of the stream to the assembler.
  ///
  /// - Returns: False if nothing comes any more.
  private func takeNext(inHand: Bool) async throws(ReplicationError) -> Bool {
    guard let stream = control.stream else { return try await connect(inHand: inHand) }
    do throws(ReplicationError) {
      guard let event = try await nextEvent(of: stream, inHand: inHand) else {
        if control.isStopped, !inHand { return false }
        guard stream.end == .serverShutdown else {
          ending = .success(())
          return false
        }
        throw .serverShutdown
      }
      switch event {
      case .xLogData(let data):
        do throws(PgOutputError) {
          try assembler.take(data)
        } catch {
          throw .decoding(error)
        }
      case .keepAlive(let keepAlive): assembler.take(keepAlive)
      default: break
      }
    } catch {
      // What fails in decoding may not fail the next time: servers have their races.
      let mayPass = error.isTransient || error.sqlState == .internalError
      guard mayPass, options.reconnect.isEnabled else { throw error }
      lost(error)
      guard inHand, let current, current.end == nil else { return true }
      // The consumer has a part of it, and must know.
      acknowledgements.void(current.id)
      interrupted = current.commitLSN
      assembler = fresh(current.shapes)
      self.current = nil
      throw .interrupted(commitLSN: current.commitLSN)
    }
    return true
  }

  private func nextEvent(
    of stream: Duplex, inHand: Bool
  ) async throws(ReplicationError) -> ReplicationEvent? {
    if Task.isCancelled { throw .cancelled }
    if !inHand, control.isStopped { return nil }
    if let event = try stream.recvIfReady() { return event }
    do throws(ReplicationError) {
      if let waitLimit, waitLimit <= .now { throw .cancelled }
      return try await control.wait(heedsStop: !inHand, until: waitLimit) {
        () throws(ReplicationError) in
        try await stream.recv()
      }
    } catch .cancelled where !Task.isCancelled && control.isStopped {
      return nil
    }
  }

  /// The stream is gone; what was kept of transactions in progress comes again with the next.
  private func lost(_ error: ReplicationError) {
    client.params.logger.warning("the stream was lost", metadata: ["error": "\(error)"])
    attempts = attempts?.failing(error, now: .now())
    acknowledgements.detach()
    former = control.stream?.session ?? former
    control.stream = nil
    assembler = fresh(assembler.knownShapes)
  }

  func fresh(_ shapes: RelationTracker) -> TransactionAssembler {
    emptyFile()
    var fresh = TransactionAssembler(
      mode ?? .whole, spoolLimit: assembler.streamed.limit, tracker: shapes, assembler.readers)
    fresh.keepsAll = options.keepsTransactionsWhole
    return fresh
  }
}
