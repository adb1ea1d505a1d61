internal import CDCTime
internal import PGWire
internal import ReplicationCore

/// What the library asks about the server and its slots.
extension TestDatabase {
  /// The database's name, whatever a client asks for.
  static let name = "test"

  /// What recognizes the library's questions.
  var questions: ServerQuestions {
    let tables = state.withLock { $0.tables.map(\.oid) }
    return knownQuestions.withLock { known -> ServerQuestions in
      if let known, known.tables == tables { return known.questions }
      let questions = ServerQuestions(
        serverVersion: Int(serverVersion.prefix { $0.isNumber }) ?? 0, tables: tables)
      known = (tables, questions)
      return questions
    }
  }

  /// What a connection is to be refused with.
  func takeRefusal() -> ServerError? {
    script.withLock { script in
      script.refusals.isEmpty ? nil : script.refusals.removeFirst()
    }
  }

  /// A session is over: what it held is free.
  func ended(_ pid: Int32, exported: String?) {
    state.withLock { state in
      if let exported { state.exported[exported] = nil }
      for (name, slot) in state.slots where slot.activePID == pid {
        state.slots[name]?.activePID = nil
        if slot.isTemporary { state.slots[name] = nil }
      }
      for (lock, holder) in state.locks where holder == pid { state.locks[lock] = nil }
    }
    sessions.remove(pid)
  }

  func answer(
    _ question: ServerQuestion, _ values: [String], askedBy pid: Int32
  ) -> ServerAnswer {
    let first = values.first ?? ""
    switch question {
    case .isStandby: return .rows(["standby"], [["f"]])
    case .isInProgress: return .rows(["status"], [["committed"]])
    case .nextTransactionID:
      return .rows(["xmax"], [["\(state.withLock { $0.snapshot.nextXID })"]])
    case .publicationExists:
      return .rows(["?column?"], publications.contains(first) ? [["1"]] : [])
    case .currentLSN, .insertLSN, .logEnd, .walSample: return logPosition(question)
    case .takeLock, .lockHolders, .releaseLocks: return advisoryLock(question, first, pid)
    case .types: return .rows(["oid", "namespace", "name", "kind", "part", "delimiter"], [])
    case .enumLabels: return .rows(["type", "name"], [])
    case .compositeFields: return .rows(["type", "name", "field"], [])
    case .moneyScale: return .rows(["scale"], [["2"]])
    case .restrictRelations: return .rows(["set_config"], [])
    case .lockRoom: return .rows(["indexes", "setting", "sessions"], [["0", "64", "100"]])
    case .rewrittenTables: return .rows(["nspname", "relname"], [])
    default: return aboutSlots(question, values)
    }
  }

  private func logPosition(_ question: ServerQuestion) -> ServerAnswer {
    let written = "\(state.withLock(\.written))"
    switch question {
    case .currentLSN: return .rows(["lsn"], [[written]])
    // Pages of one byte have no headers that a position could stand behind.
    case .insertLSN: return .rows(["lsn", "page", "xid"], [[written, "1", nil]])
    case .logEnd: return .rows(["written", "in_recovery"], [[written, "0"]])
    default:
      return .rows(
        ["lsn", "now_us", "idle_timeout"],
        [[written, "\(PostgresTimestamp.now().unixMicroseconds)", nil]])
    }
  }

  private func advisoryLock(
    _ question: ServerQuestion, _ name: String, _ pid: Int32
  ) -> ServerAnswer {
    state.withLock { state -> ServerAnswer in
      switch question {
      case .takeLock:
        let isFree = state.locks[name].map { $0 == pid } ?? true
        if isFree { state.locks[name] = pid }
        return .rows(["is_locked"], [[isFree ? "1" : "0"]])
      case .lockHolders:
        let holder: [[String?]] = state.locks[name].map { [["\($0)", "", "1"]] } ?? []
        return .rows(["pid", "application_name", "is_ours"], holder)
      default:
        for (lock, holder) in state.locks where holder == pid { state.locks[lock] = nil }
        return .rows(["pg_advisory_unlock_all"], [[""]])
      }
    }
  }
}

// MARK: - Slots

extension TestDatabase {
  private func aboutSlots(_ question: ServerQuestion, _ values: [String]) -> ServerAnswer {
    let name = values.first ?? ""
    switch question {
    case .slots, .slot:
      let slots = state.withLock(\.slots).filter { question == .slots || $0.key == name }
      return .rows(
        SlotRecord.columns, slots.sorted { $0.key < $1.key }.map { $0.value.row(named: $0.key) })
    case .slotRoom:
      return .rows(["exists", "free"], [[hasSlot(name) ? "t" : "f", "10"]])
    case .slotHolders, .sentPositions: return holders(question)
    case .slotWait: return .rows(["wait_event_type", "wait_event", "standby", "pid", "gid"], [])
    case .sentCount: return .rows(["total_bytes", "since_us"], [])
    case .createSlot(let form): return create(name, form, values)
    case .advanceSlot:
      return advance(name, to: values.count > 1 ? LSN(values[1]) : nil)
    case .dropSlot: return drop(name) ?? .rows(["pg_drop_replication_slot"], [[""]])
    default:
      return .error(.featureNotSupported, "this server of a test does not answer \(question)")
    }
  }

  private func holders(_ question: ServerQuestion) -> ServerAnswer {
    let (slots, written) = state.withLock { ($0.slots, $0.written) }
    let active = slots.sorted { $0.key < $1.key }.compactMap { name, slot in
      slot.activePID.map { (name, $0) }
    }
    guard question == .slotHolders else {
      return .rows(["slot_name", "sent_lsn"], active.map { [$0.0, "\(written)"] })
    }
    return .rows(
      ["slot_name", "pid", "application_name", "usename", "backend_type", "state"],
      active.map { [$0.0, "\($0.1)", "", nil, "walsender", "active"] })
  }

  private func create(
    _ name: String, _ form: ServerQuestion.SlotForm, _ values: [String]
  ) -> ServerAnswer {
    let position = state.withLock { state -> LSN? in
      guard state.slots[name] == nil else { return nil }
      let slot = SlotRecord(
        plugin: values.count > 1 ? values[1] : "",
        isTwoPhase: form == .twoPhase || form == .failover && values.last == "t",
        isFailover: form == .failover, at: state.written)
      state.slots[name] = slot
      return slot.confirmedFlush
    }
    guard let position else { return .slotExists(name) }
    return .rows(["lsn"], [["\(position)"]])
  }

  private func advance(_ name: String, to position: LSN?) -> ServerAnswer {
    state.withLock { state -> ServerAnswer in
      guard let slot = state.slots[name] else { return .slotMissing(name) }
      if let pid = slot.activePID { return .slotActive(name, pid) }
      let target = min(position ?? .zero, state.written)
      state.slots[name]?.confirm(target)
      return .rows(["lsn"], [["\(state.slots[name]?.confirmedFlush ?? .zero)"]])
    }
  }

  /// Drops a slot.
  ///
  /// - Returns: The error, if it can't be dropped.
  func drop(_ name: String) -> ServerAnswer? {
    state.withLock { state -> ServerAnswer? in
      guard let slot = state.slots[name] else { return .slotMissing(name) }
      if let pid = slot.activePID { return .slotActive(name, pid) }
      state.slots[name] = nil
      return nil
    }
  }
}

extension SlotRecord {
  /// The columns of `pg_replication_slots` that the library reads.
  static let columns = [
    "slot_name", "plugin", "slot_type", "datoid", "database", "temporary", "active", "active_pid",
    "restart_lsn", "confirmed_flush_lsn", "wal_status", "two_phase", "failover", "synced",
    "conflicting", "invalidation_reason",
  ]

  func row(named name: String) -> [String?] {
    func flag(_ value: Bool) -> String { value ? "t" : "f" }
    return [
      name, plugin, "logical", "5", TestDatabase.name, flag(isTemporary), flag(activePID != nil),
      activePID.map { "\($0)" }, "\(confirmedFlush)", "\(confirmedFlush)", "reserved",
      flag(isTwoPhase), flag(isFailover), "f", "f", nil,
    ]
  }
}
