public import PGWire

/// Why a slot was not taken over.
@nonexhaustive public enum TakeOverRefusal: Hashable, Sendable {
  /// The holder does not match the policy and was left alone; the text says what differs.
  case notOurs(ServerSession, String)
  /// Another session is taking it over, or has just done so; that session, if known.
  case contested(by: ServerSession?)
  /// The holder was terminated, but had not ended after this time.
  case stillHeld(ServerSession, after: Duration)
  /// This role may not end the holder's session.
  case notAllowed(ServerSession, ServerError)
}

extension TakeOverRefusal: CustomStringConvertible {
  public var description: String { words.displayed }

  private var words: String {
    switch self {
    case .notOurs(let holder, let difference):
      "its holder, \(holder), does not match the policy: \(difference)"
    case .contested(let other):
      "another session is taking it over" + (other.map { ": \($0)" } ?? "")
    case .stillHeld(let holder, let time):
      "its holder, \(holder), was terminated and has not ended within \(time); if its process "
        + "hangs, only the server's administrator can end it"
    case .notAllowed(let holder, let error):
      "this role may not end the session of its holder, \(holder): \(error); "
        + "connect as the holder's role, or GRANT pg_signal_backend"
    }
  }
}
