/// A server in this process, for tests: it has no address, and nothing listens for connections.
///
/// Options that have one (`inProcessServer`) connect to it and to nothing else. All that follows is
/// as with any server: a session, its messages and its end.
package protocol InProcessServer: AnyObject, Sendable {
  /// Makes a connection.
  ///
  /// - Returns: The client's end: the number of a connected stream socket that does not block. It
  ///   is the caller's to close.
  func connect() throws(TransportError) -> Int32
}
