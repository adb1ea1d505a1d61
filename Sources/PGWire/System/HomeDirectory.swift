#if canImport(Darwin)
  internal import Darwin
#elseif canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// The user's home directory, where libpq's default files are: `HOME`, or else what the system
/// knows.
package func homeDirectory() -> String? {
  if let home = unsafe getenv("HOME") {
    let path = unsafe String(cString: home)
    if !path.isEmpty { return path }
  }
  return unsafe withAccount(of: geteuid()) { unsafe $0.pw_dir.map { unsafe String(cString: $0) } }
}

/// Looks a user up in the system's list; `nil` if it is not there.
@unsafe func withAccount<R>(of user: uid_t, _ body: (passwd) -> R?) -> R? {
  var entry = unsafe passwd()
  var found: UnsafeMutablePointer<passwd>?
  var buffer = [CChar](repeating: 0, count: 1 << 14)
  guard unsafe getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil
  else { return nil }
  return unsafe body(entry)
}
