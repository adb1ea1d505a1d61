internal import PGWire

extension Judge {
  /// How far the session is that holds a slot: what waits at the server, and what at the client.
  func progress(_ health: SlotHealth) -> String {
    guard let sent = health.sentLSN, let confirmed = health.slot.confirmedFlushLSN else {
      return ""
    }
    let unsent = Amounts.bytes(health.currentLSN.bytes(since: sent))
    let unconfirmed = Amounts.bytes(sent.bytes(since: confirmed))
    return "; \(unsent) of WAL are not sent, and \(unconfirmed) are sent and not acknowledged"
  }

  /// Whether large transactions were written to disk while they were decoded.
  func spills(of slot: String, _ subject: String) -> [Finding] {
    guard let decoding = facts.decoding[slot] else { return [] }
    guard decoding.spilledBytes > 0 else {
      return [
        Finding(
          .fine, "slot-spills", subject, "no transaction was written to disk to be decoded")
      ]
    }
    let spilled = UInt64(clamping: decoding.spilledBytes)
    let isMuch = spilled > Self.muchSpilled && spilled > UInt64(clamping: decoding.totalBytes) / 2
    let exceeded =
      decoding.memoryExceeded.map { "; memory was exceeded \($0 == 1 ? "once" : "\($0) times")" }
      ?? ""
    let count = decoding.spilledTransactions
    return [
      Finding(
        isMuch ? .warning : .note, "slot-spills", subject,
        "\(count == 1 ? "1 transaction was" : "\(count) transactions were") written to disk to be "
          + "decoded, \(Amounts.bytes(spilled))\(exceeded)",
        why: "what exceeds logical_decoding_work_mem is written, and read again at the commit: "
          + "large transactions arrive late",
        fix: "ALTER ROLE \(Identifier.quote(facts.user)) SET logical_decoding_work_mem = '256MB'; "
          + "-- or have them streamed (--streaming on)")
    ]
  }

  /// A gibibyte.
  private static let muchSpilled: UInt64 = 1 << 30
}
