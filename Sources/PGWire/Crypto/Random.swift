/// Random bytes that can't be predicted.
///
/// From the operating system (`getrandom` on Linux, `arc4random_buf` on macOS), not from OpenSSL:
/// a connection that needs no cryptography then never loads OpenSSL's providers, which take 2 MiB.
package enum Random {
  package static func bytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<max(0, count)).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}
