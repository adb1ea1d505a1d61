/// A message of the server, borrowed from the buffer that it arrived in.
///
/// The data of `CopyData` is not copied; the compiler confines it to the closure that receives the
/// message. Everything else is small and owned.
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-message-formats.html>
package enum BackendMessage: ~Escapable {
  /// `R`.
  case authentication(AuthenticationRequest)
  /// `K`: process id and secret (4 bytes; up to 256 since protocol 3.2), for cancel requests.
  case backendKeyData(processID: Int32, secret: [UInt8])
  /// `S`: at startup, and again at any moment.
  case parameterStatus(name: String, value: String)
  /// `v`: the highest protocol version that the server speaks, and options it does not know.
  case negotiateProtocolVersion(version: Int32, unknownOptions: [String])
  /// `Z`.
  case readyForQuery(TransactionStatus)
  /// `E`.
  case error(ServerError)
  /// `N`: at any moment.
  case notice(ServerError)
  /// `A`: at any moment.
  case notification(ServerNotification)
  /// `T`.
  case rowDescription([QueryResult.Column])
  /// `D`.
  case dataRow([String?])
  /// `C`.
  case commandComplete(tag: String)
  /// `I`.
  case emptyQueryResponse
  /// `G`: the server waits for our COPY data.
  case copyInResponse
  /// `H`: COPY data from the server follows.
  case copyOutResponse(CopyFormat)
  /// `W`: data may flow in both directions from here on.
  case copyBothResponse
  /// `d`.
  case copyData(Span<UInt8>)
  /// `c`.
  case copyDone

  /// Whether it may come at any moment, whatever was asked.
  var isAside: Bool {
    switch self {
    case .notice, .notification, .parameterStatus: true
    default: false
    }
  }
}
