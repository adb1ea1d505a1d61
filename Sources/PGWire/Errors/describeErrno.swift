internal import CReplicationSystem

/// The operating system's words for an error number.
package func describeErrno(_ code: Int32) -> String {
  guard let text = unsafe strerror(code) else { return "error \(code)" }
  return unsafe String(cString: text)
}
