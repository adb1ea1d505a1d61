/// The hashing of a password for SCRAM, as often as the server asks, done in steps.
package struct PasswordHashing: Sendable {
  /// None where both keys were given in place of the password.
  private let work: PBKDF2?

  /// Iterations in one step: a few milliseconds.
  private static let step: Int32 = 4096

  init(_ secret: SCRAMSecret, challenge: SCRAMExchange.Challenge) throws(AuthenticationError) {
    guard let password = secret.password, secret.clientKey == nil || secret.serverKey == nil else {
      work = nil
      return
    }
    do throws(CryptoError) {
      work = try password.withBytes { (password) throws(CryptoError) in
        guard var prepared = SASLprep.prepare(password) else {
          return try PBKDF2(
            password: password, salt: challenge.salt.span, iterations: challenge.iterations)
        }
        defer { wipe(&prepared) }
        return try PBKDF2(
          password: prepared.span, salt: challenge.salt.span, iterations: challenge.iterations)
      }
    } catch {
      throw AuthenticationError(error)
    }
  }

  /// Does one step.
  ///
  /// - Returns: Whether it was the last.
  package func goOn() throws(AuthenticationError) -> Bool {
    do throws(CryptoError) {
      return try work?.run(Self.step) ?? true
    } catch {
      throw AuthenticationError(error)
    }
  }

  /// SCRAM's SaltedPassword; empty if it is not needed.
  var result: SecretBytes { work?.result ?? SecretBytes([]) }
}
