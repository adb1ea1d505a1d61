public import PGWire

/// Where acknowledgements go.
protocol AcknowledgementReceiver: AnyObject, Sendable {
  /// The consumer is done with an item.
  func complete(_ id: AcknowledgementLedger.ID, attaching userData: [UInt8]?)
  /// The last reference to a token is gone.
  func dropped(_ id: AcknowledgementLedger.ID)
}

/// The token that acknowledges a transaction, or a chunk of a snapshot.
///
/// It may be kept and handed on without the transaction.
public final class Acknowledgement: Sendable {
  let id: AcknowledgementLedger.ID
  private let receiver: any AcknowledgementReceiver
  /// The transaction's commit position.
  public let commitLSN: LSN

  init(_ id: AcknowledgementLedger.ID, _ commitLSN: LSN, _ receiver: any AcknowledgementReceiver) {
    self.id = id
    self.commitLSN = commitLSN
    self.receiver = receiver
  }

  deinit {
    receiver.dropped(id)
  }

  /// Acknowledges that everything of the transaction is durable.
  ///
  /// A second call changes nothing.
  ///
  /// - Parameter userData: Bytes to save with the checkpoint; `nil` to keep the earlier ones.
  public func acknowledge(attaching userData: [UInt8]? = nil) {
    receiver.complete(id, attaching: userData)
  }
}
