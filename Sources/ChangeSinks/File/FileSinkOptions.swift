/// Where a ``FileSink`` writes, and when it begins another file.
public struct FileSinkOptions: Hashable, Sendable {
  /// The beginning of all names: `PATH.0000000001` and so on have the lines, `PATH.state` says how
  /// far they are, `PATH.lock` keeps a second process away.
  ///
  /// The directory must exist. For a moment there is also `PATH.state.new`.
  public var path: String
  /// Bytes after which no further transaction goes into a file; a transaction is never parted.
  ///
  /// Bytes on the disk: where a compressor is used, what it has made of the lines.
  public var maxSegmentBytes = 1 << 30
  /// The time since its first line after which no further transaction goes into a file; `nil` for
  /// no limit.
  ///
  /// It is looked at when something is written: an idle stream ends no file. The system's wall
  /// clock counts, so that the time counts while no process runs.
  public var maxSegmentAge: Duration?
  /// What names of files with lines have behind their number.
  var suffix = ""

  /// The defaults: files of one gibibyte.
  public init(path: String) {
    self.path = path
  }
}

extension FileSinkOptions {
  /// The name of a file with lines; names in their order are numbers in their order.
  func segment(_ number: UInt64) -> String {
    let digits = String(number)
    return path + "." + String(repeating: "0", count: max(10 - digits.count, 0)) + digits + suffix
  }

  /// What is recorded of them.
  var state: String { path + ".state" }

  /// What a process locks while it writes.
  var lock: String { path + ".lock" }
}
