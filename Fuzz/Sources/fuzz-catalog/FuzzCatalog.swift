import CDCTime
import PGOutput

@testable import PGWire
@testable import ReplicationCore

// Rows of the catalogues, as a hostile server may answer: slots, sessions, settings, tables, and
// what a stream is resumed by.
//
//     input  choices: which columns are there, and what is in them

func fuzzCatalog(_ input: [UInt8]) {
  var choices = Choices(input)
  let health = slots(&choices)
  judge(health, &choices)
  resume(health.first?.slot, &choices)
  plan(&choices)
  wait(&choices)
}

private let slotColumns = [
  "slot_name", "slot_type", "plugin", "datoid", "database", "temporary", "active", "active_pid",
  "xmin", "catalog_xmin", "restart_lsn", "confirmed_flush_lsn", "wal_status", "safe_wal_size",
  "two_phase", "two_phase_at", "inactive_since_us", "conflicting", "failover", "synced",
  "slotsync_skip_reason", "invalidation_reason",
]

private let sessionColumns = [
  "pid", "application_name", "usename", "datname", "client_addr", "client_port", "backend_type",
  "state", "backend_start_us", "xact_start_us", "replication_state",
]

private func time(_ choices: inout Choices) -> PostgresTimestamp {
  PostgresTimestamp(unixMicroseconds: choices.value().flatMap { Int64($0) } ?? 0)
}

private func position(_ choices: inout Choices) -> LSN {
  choices.value().flatMap { LSN($0) } ?? .zero
}

private func slots(_ choices: inout Choices) -> [SlotHealth] {
  let now = WALSample(
    lsn: position(&choices), time: time(&choices),
    idleTimeout: choices.value().flatMap { ServerSetting.duration($0, unit: .seconds(1)) })
  let earlier = WALSample(lsn: position(&choices), time: time(&choices), idleTimeout: nil)
  let rate = now.rate(since: earlier)
  precondition(rate.map { $0 >= 0 } ?? true)
  return choices.rows(slotColumns + sessionColumns).compactMap { row in
    // Most rows should be slots.
    guard
      let slot = try? ReplicationSlot(ResultRow(["slot_type": "logical"].merging(row) { $1 }))
    else { return nil }
    let loss = SlotHealth.expectedLoss(
      of: slot, walBytesPerSecond: rate, idleTimeout: now.idleTimeout, now: now.time)
    precondition(loss.map { $0.after >= .zero && !Amounts.time($0.after).isEmpty } ?? true)
    let health = SlotHealth(
      slot: slot, holder: ServerSession(ResultRow(row)), currentLSN: now.lsn,
      walBytesPerSecond: rate,
      expectedLoss: loss)
    _ = health.retainedBytes.map(Amounts.bytes)
    _ = health.lagBytes.map(Amounts.bytes)
    check(health.holder?.description ?? "")
    check(slot.invalidation?.description ?? "")
    _ = slot.inactiveSince?.iso8601UTC
    return health
  }
}

private func judge(_ slots: [SlotHealth], _ choices: inout Choices) {
  var facts = DoctorFacts()
  facts.server = ServerSetting.majorVersion(choices.text())
  facts.slots = slots
  facts.now = time(&choices)
  facts.walSendersUsed = choices.value().flatMap { Int64($0) } ?? 0
  facts.user = choices.text()
  facts.database = choices.text()
  for name in [
    "wal_level", "effective_wal_level", "max_wal_senders", "max_replication_slots",
    "wal_sender_timeout", "max_slot_wal_keep_size", "output_plugin_libraries",
  ] {
    facts.settings[name] = choices.value()
  }
  for slot in slots { facts.catalogAges[slot.slot.name] = Int64(bitPattern: choices.number()) }
  facts.openTransactions = choices.rows(sessionColumns + ["gid", "age"]).map { row in
    OpenTransaction(
      session: ServerSession(ResultRow(row)), preparedName: row["gid"],
      age: .seconds(row["age"].flatMap { Int64($0) } ?? 0))
  }
  facts.connection.hbaRule = HBARule(
    line: choices.text(), text: choices.text(), method: choices.value() ?? "md5")
  let judge = Judge(
    facts: facts, slot: slots.first?.slot.name ?? "s", publications: ["p"], plugin: "pgoutput",
    statusInterval: .seconds(10))
  precondition(!judge.findings.isEmpty)
}

private func resume(_ slot: ReplicationSlot?, _ choices: inout Choices) {
  let facts = ResumeFacts(
    systemID: choices.value() ?? "", serverVersion: ServerSetting.majorVersion(choices.text()),
    isInRecovery: choices.byte() & 1 == 0,
    timeline: choices.value().flatMap { UInt32($0) } ?? 1, currentLSN: position(&choices),
    history: TimelineHistory(choices.text() + "\n" + choices.text()), slot: slot,
    sentCount: SentCount(bytes: Int64(bitPattern: choices.number()), since: time(&choices)))
  let at = position(&choices)
  let taken = facts.checkpoint(at: at, slot: choices.text())
  var other = Checkpoint(
    position: at, systemID: choices.byte() & 1 == 0 ? facts.systemID : "7",
    timeline: choices.value().flatMap { UInt32($0) } ?? 1, slot: "s")
  other.transactionEnd = choices.value().flatMap { LSN($0) }
  other.isFromStandby = choices.byte() & 1 == 0
  for checkpoint in [taken, other].compactMap(\.self) {
    let proof = facts.proof(of: checkpoint)
    check("\(proof)")
    check("\(ReplicationError.cannotResume(proof, slot: "s"))")
    // What was taken from a server is kept whole, or refused.
    guard let bytes = try? checkpoint.encoded() else { continue }
    precondition((try? Checkpoint(encoded: bytes)) == checkpoint)
  }
}

private func plan(_ choices: inout Choices) {
  let memberships = choices.rows([
    "role", "relid", "nspname", "relname", "relreplident", "pubname", "pubinsert", "filter",
    "schema_usable", "columns",
  ])
  let columns = choices.rows([
    "attnum", "attname", "atttypid", "atttypmod", "key", "base", "base_name", "base_schema",
    "readable",
  ])
  let storage = choices.rows(["relid", "oid", "nspname", "relname", "heap", "readable", "estimate"])
  let table: SnapshotTable
  do throws(ReplicationError) {
    table = try SnapshotCatalog.table(
      memberships.map(ResultRow.init), columns.map(ResultRow.init), storage.map(ResultRow.init))
  } catch {
    return check("\(error)")
  }
  var options = SnapshotOptions()
  options.workers = max(1, Int(truncatingIfNeeded: choices.number()))
  options.leastBlocks = Int(truncatingIfNeeded: choices.number())
  var blocks: [UInt32: Int] = [:]
  for part in table.storage { blocks[part.oid] = choices.value().flatMap { Int($0) } }
  let plan = SnapshotPlan(
    options: options, serverVersion: Int(choices.byte()), blocks: blocks)
  guard let ranges = try? plan.ranges([table]) else { return }
  precondition(ranges.count <= 1 << 15)
}

private func wait(_ choices: inout Choices) {
  var blockers: [SlotWait.Blocker] = []
  for row in choices.rows(sessionColumns + ["gid"]) {
    if let session = ServerSession(ResultRow(row)) { blockers.append(.session(session)) }
    blockers.append(.prepared(row["gid"] ?? "", since: time(&choices)))
  }
  let reason = choices.value().map { SlotWait.Reason.other($0) } ?? .transactions
  check("\(SlotWait(elapsed: .zero, reason: reason, blockers: blockers))")
}

extension ResultRow {
  fileprivate init(_ columns: [String: String]) {
    let names = Array(columns.keys)
    self.init(names, names.map { columns[$0] })
  }
}

/// What is written for people is one line that steers nothing.
private func check(_ text: String) {
  precondition(!text.unicodeScalars.contains(where: \.isUnseen), text)
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzCatalog([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
