/// The answer to AuthenticationMD5Password, which servers have deprecated since 18.
///
///     "md5" | hex(md5(hex(md5(password | user)) | salt))
///
/// Protocol: <https://www.postgresql.org/docs/current/protocol-flow.html>
package enum MD5Password {
  /// The text to send back, without the message's terminating zero.
  ///
  /// - Parameter salt: The four bytes of the request, as they stand in the message.
  package static func response(
    user: String, password: Password, salt: UInt32
  ) throws(AuthenticationError) -> [UInt8] {
    do throws(CryptoError) {
      let inner = try password.withBytes { (password) throws(CryptoError) in
        var input = [UInt8](capacity: password.count + user.utf8.count) { output in
          for index in password.indices { output.append(password[index]) }
          for byte in user.utf8 { output.append(byte) }
        }
        defer { wipe(&input) }
        return try Digest.md5(input.span)
      }
      var salted = ByteWriter()
      salted.write(contentsOf: HexDigit.encode(inner))
      salted.write(salt)
      return Array("md5".utf8) + HexDigit.encode(try Digest.md5(salted.bytes.span))
    } catch {
      throw AuthenticationError(error)
    }
  }
}
