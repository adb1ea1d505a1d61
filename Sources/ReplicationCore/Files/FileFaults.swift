/// Makes steps of writing and reading files fail, for tests.
///
/// A program has none. The errors are those that the system would have reported, and what was
/// written by then is in the file.
package struct FileFaults: Sendable {
  /// A step on a file, which may fail.
  package enum Step: String, Sendable, CaseIterable {
    case open, create, write, synchronize, rename, read
    case synchronizeDirectory = "synchronize the directory"
  }

  /// How a step fails.
  package enum Fault: Sendable, Hashable {
    /// Nothing of it is done; the system's error number.
    case refused(errno: Int32)
    /// Half of the bytes are written; the system's error number.
    case torn(errno: Int32)

    var errno: Int32 {
      switch self {
      case .refused(let errno), .torn(let errno): errno
      }
    }

    /// How many of these bytes are written before it fails.
    func part(of count: Int) -> Int {
      switch self {
      case .refused: 0
      case .torn: count / 2
      }
    }
  }

  /// What happens to a step that is about to be done; `nil` lets it be done.
  package let fault: @Sendable (Step) -> Fault?

  /// Faults as `fault` says.
  package init(_ fault: @escaping @Sendable (Step) -> Fault?) {
    self.fault = fault
  }
}

extension FileFaults? {
  /// The fault of a step that is about to be done.
  func at(_ step: FileFaults.Step) -> FileFaults.Fault? {
    guard let self else { return nil }
    return self.fault(step)
  }

  /// Fails a step that is about to be done, if it is to fail.
  func reach(_ step: FileFaults.Step, _ path: String) throws(PlainFile.Failure) {
    guard let fault = at(step) else { return }
    throw PlainFile.Failure(operation: step.rawValue, path: path, reason: .system(fault.errno))
  }
}
