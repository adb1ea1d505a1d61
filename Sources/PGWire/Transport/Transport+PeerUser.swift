internal import CReplicationSystem

extension Transport {
  /// Makes sure that `requirepeer` holds, before a byte is sent.
  func checkPeer(_ options: ConnectionOptions) throws(PGWireError) {
    guard options.endpoint.isLocal, let expected = options.authentication.requiredPeer else {
      return
    }
    let found: String
    do {
      found = try peerUser()
    } catch {
      throw .transport(error)
    }
    guard found == expected else {
      throw .authentication(.wrongPeer(expected: expected, found: found))
    }
  }

  /// The user whose process is at the other end of a Unix socket: a name, or a number without one.
  ///
  /// - Throws: ``TransportError/noResources(_:errno:)`` if the system can't tell.
  private func peerUser() throws(TransportError) -> String {
    var user: uid_t = 0
    guard unsafe pgrepl_peer_user(descriptor, &user) == 0 else {
      throw .noResources("looking up the peer's user", errno: lastErrno)
    }
    return UserAccount(of: user)?.name ?? String(user)
  }
}
