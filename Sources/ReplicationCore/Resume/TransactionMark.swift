public import CDCTime
internal import PGOutput
internal import PGWire

/// Distinguishes a transaction from any other that could end at the same position.
///
/// A server whose storage was set back writes other transactions to the same positions.
public struct TransactionMark: Hashable, Sendable {
  /// Its id.
  public var xid: UInt32
  /// When it was committed or prepared, by the server's clock.
  public var time: PostgresTimestamp
  /// The selection of requested transactions, as a number; another selection may not include this
  /// one.
  public var selection: UInt64

  /// Creates a mark from stored values.
  public init(xid: UInt32, time: PostgresTimestamp, selection: UInt64) {
    self.xid = xid
    self.time = time
    self.selection = selection
  }

  /// - Returns: `nil` if the transaction need not be sent again.
  init?(_ info: TransactionInfo, selection: UInt64) {
    guard let time = info.time, info.xid != 0, !info.isEmptied else { return nil }
    self.init(xid: info.xid, time: time, selection: selection)
  }
}

extension ReplicationParams {
  /// A number for the parameters that decide which transactions are sent: FNV-1a of the
  /// publications and options.
  var selection: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    let words = publications.sorted() + ["\(origin)", "\(usesTwoPhase)", "\(deliversMessages)"]
    for word in words {
      // No name contains zero bytes.
      for byte in Array(word.utf8) + [0] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    }
    return hash
  }
}
