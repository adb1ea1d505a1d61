/// The form of SCRAM's messages, as far as it needs no key.
extension SCRAMExchange {
  /// What the server asks for in its first message.
  struct Challenge {
    /// Ours and the server's.
    var nonce: [UInt8]
    var salt: [UInt8]
    var iterations: Int32
  }

  /// The mechanism's name for SASLInitialResponse.
  package var mechanism: String {
    if case .tlsServerEndPoint = channelBinding { "SCRAM-SHA-256-PLUS" } else { "SCRAM-SHA-256" }
  }

  private var gs2Header: [UInt8] {
    switch channelBinding {
    case .none: Array("n,,".utf8)
    case .notOffered: Array("y,,".utf8)
    case .tlsServerEndPoint: Array("p=tls-server-end-point,,".utf8)
    }
  }

  /// The message that opens the exchange.
  package var clientFirst: [UInt8] { gs2Header + clientFirstBare }

  var clientFirstBare: [UInt8] {
    var escapedUser = ""
    for character in user.unicodeScalars {
      switch character {
      case "=": escapedUser += "=3D"
      case ",": escapedUser += "=2C"
      default: escapedUser.unicodeScalars.append(character)
      }
    }
    return Array("n=\(escapedUser),r=\(nonce)".utf8)
  }

  func clientFinalWithoutProof(nonce: [UInt8]) -> [UInt8] {
    var binding = gs2Header
    if case .tlsServerEndPoint(let certificateHash) = channelBinding { binding += certificateHash }
    return Array("c=".utf8) + Base64.encode(binding.span) + Array(",r=".utf8) + nonce
  }

  /// Reads `r=…,s=…,i=…`: in this order, and nothing else.
  ///
  /// RFC 5802 lets extensions follow; PostgreSQL has none and libpq refuses them.
  func challenge(in message: Span<UInt8>) throws(AuthenticationError) -> Challenge {
    let step = AuthenticationError.Step.serverFirst
    let parts = try Self.parts(of: message, step: step)
    try Self.checkForRefusal(parts)
    let nonce = try Self.value("r", in: parts, at: 0, step: step)
    let salt = try Self.value("s", in: parts, at: 1, step: step)
    let count = try Self.value("i", in: parts, at: 2, step: step)
    guard parts.count == 3 else { throw .malformedMessage(step: step, problem: .trailingData) }

    guard nonce.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .malformedMessage(step: step, problem: .invalidAttribute("r"))
    }
    let ours = Array(self.nonce.utf8)
    let front = Array(nonce.prefix(ours.count))
    guard nonce.count > ours.count, Digest.constantTimeEqual(front.span, ours.span) else {
      throw .nonceMismatch
    }
    guard let salt = Base64.decode(salt.span), !salt.isEmpty else {
      throw .malformedMessage(step: step, problem: .invalidAttribute("s"))
    }
    return Challenge(nonce: nonce, salt: salt, iterations: try iterations(count))
  }

  /// Reads a count of digits that does not start with 0 (RFC 5802's `posit-number`).
  private func iterations(_ digits: [UInt8]) throws(AuthenticationError) -> Int32 {
    let decimal = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard digits.allSatisfy({ decimal.contains($0) }), let first = digits.first,
      first != decimal.lowerBound
    else {
      throw .malformedMessage(step: .serverFirst, problem: .invalidAttribute("i"))
    }
    // What does not fit 32 bits is above any limit.
    guard let count = Int32(String(decoding: digits, as: UTF8.self)), count <= iterationLimit else {
      throw .tooManyIterations(limit: iterationLimit)
    }
    return count
  }

  /// Reads `v=…` and nothing else.
  static func signature(in message: Span<UInt8>) throws(AuthenticationError) -> [UInt8] {
    let step = AuthenticationError.Step.serverFinal
    let parts = try parts(of: message, step: step)
    try checkForRefusal(parts)
    let text = try value("v", in: parts, at: 0, step: step)
    guard parts.count == 1 else { throw .malformedMessage(step: step, problem: .trailingData) }
    guard let signature = Base64.decode(text.span), signature.count == Digest.sha256Size else {
      throw .malformedMessage(step: step, problem: .invalidAttribute("v"))
    }
    return signature
  }
}

extension SCRAMExchange {
  private static func parts(
    of message: Span<UInt8>, step: AuthenticationError.Step
  ) throws(AuthenticationError) -> [ArraySlice<UInt8>] {
    let bytes = message.copied()
    guard !bytes.contains(0) else { throw .malformedMessage(step: step, problem: .zeroByte) }
    return bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
  }

  private static func value(
    _ name: Character, in parts: [ArraySlice<UInt8>], at index: Int, step: AuthenticationError.Step
  ) throws(AuthenticationError) -> [UInt8] {
    let prefix = "\(name)="
    guard index < parts.count, parts[index].starts(with: prefix.utf8) else {
      throw .malformedMessage(step: step, problem: .missingAttribute(name))
    }
    return Array(parts[index].dropFirst(prefix.utf8.count))
  }

  /// Throws if the server ends the exchange with `e=`, whose text is cut to what a log can take.
  private static func checkForRefusal(
    _ parts: [ArraySlice<UInt8>]
  ) throws(AuthenticationError) {
    guard let part = parts.first, part.starts(with: "e=".utf8) else { return }
    let longestReason = 64
    let reason = part.dropFirst(2).filter { (0x20...0x7E).contains($0) }.prefix(longestReason)
    throw .serverRefused(reason: String(decoding: reason, as: UTF8.self))
  }
}
