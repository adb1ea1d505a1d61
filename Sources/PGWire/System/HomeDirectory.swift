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
