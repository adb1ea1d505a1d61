public import PGWire

/// The token that acknowledges a transaction.
///
/// It may be kept and handed on without the transaction.
public final class Acknowledgement: Sendable {
  let id: AcknowledgementLedger.ID
  private let all: Acknowledgements
  /// The transaction's commit position.
  public let commitLSN: LSN

  init(_ id: AcknowledgementLedger.ID, _ commitLSN: LSN, _ all: Acknowledgements) {
    self.id = id
    self.commitLSN = commitLSN
    self.all = all
  }

  deinit {
    all.dropped(id)
  }

  /// Everything of the transaction is durable.
  ///
  /// Said again, it changes nothing.
  ///
  /// - Parameter userData: Bytes to be kept with the checkpoint, in place of earlier ones.
  public func complete(attaching userData: [UInt8]? = nil) {
    all.complete(id, attaching: userData)
  }
}
