import PGWire

// A Stream Abort where no stream is.
//
//     Stream Abort  A | xid 4 | subtransaction's xid 4 | [LSN 8 | time 8, if streaming = parallel]
//
// Servers 18.0 to 18.6 send it at protocol version 1 too, for transactions that the client has
// never heard of, so that there is nothing to undo.
//
// Protocol: <https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html>

extension ParsedMessage {
  /// Checks that these bytes are a Stream Abort, and forgets them.
  init(strayStreamAbort payload: Span<UInt8>) throws(WireError) {
    var rest = payload
    try rest.readLetter(.streamAbort)
    try rest.skip(8)
    if !rest.isEmpty { try rest.skip(16) }
    try rest.expectEnd()
    self = .ignored(.streamAbort)
  }
}
