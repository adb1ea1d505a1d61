#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

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
    #if canImport(Darwin)
      var user: uid_t = 0
      var group: gid_t = 0
      guard unsafe getpeereid(descriptor, &user, &group) == 0 else {
        throw .noResources("getpeereid", errno: errno)
      }
    #else
      // struct ucred, which Glibc hides without _GNU_SOURCE: pid, uid, gid.
      var credentials: (pid: Int32, user: UInt32, group: UInt32) = (0, 0, 0)
      var size = socklen_t(12)
      guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else {
        throw .noResources("SO_PEERCRED", errno: errno)
      }
      let user = credentials.user
    #endif
    return unsafe withAccount(of: user) { unsafe $0.pw_name.map { unsafe String(cString: $0) } }
      ?? String(user)
  }
}
