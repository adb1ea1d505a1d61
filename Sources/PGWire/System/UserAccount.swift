internal import CReplicationSystem

/// A user in the operating system's list.
struct UserAccount {
  let name: String?
  let homeDirectory: String?

  /// The user of this number; `nil` if the list has none.
  init?(of user: UInt32) {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 1 << 14)
    guard unsafe getpwuid_r(user, &entry, &buffer, buffer.count, &found) == 0, unsafe found != nil
    else { return nil }
    name = unsafe entry.pw_name.map { unsafe String(cString: $0) }
    homeDirectory = unsafe entry.pw_dir.map { unsafe String(cString: $0) }
  }

  /// The user that this process acts as.
  static var effective: UserAccount? { UserAccount(of: geteuid()) }
}
