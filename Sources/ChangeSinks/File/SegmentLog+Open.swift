internal import PGWire
internal import ReplicationCore

extension SegmentLog {
  /// Locks the files, and cuts off what does not count.
  ///
  /// - Parameter slot: The slot whose lines they have.
  static func open(
    _ options: FileSinkOptions, _ compressor: (any SegmentCompressor)?, slot: String
  ) throws(SinkError) -> SegmentLog {
    let lock = try options.lockFiles()
    guard let state = try options.recordedState() else {
      return try first(options, compressor, lock, slot: slot)
    }
    guard state.slot == slot else {
      throw options.error(
        .fatal, "\(options.state) is of slot \"\(state.slot)\"; use another name for \"\(slot)\"")
    }
    guard state.suffix == options.suffix else {
      let last = options.with(state.suffix).segment(state.segment)
      throw options.error(
        .fatal,
        "\(options.state) is of files like \(last), and not \(options.segment(state.segment)); "
          + "compress them as before, or use another name")
    }
    let file = try options.reopenSegment(state)
    return SegmentLog(options, compressor, lock, state, file)
  }

  /// Begins the first file.
  private static func first(
    _ options: FileSinkOptions, _ compressor: (any SegmentCompressor)?,
    _ lock: consuming FileDescriptor, slot: String
  ) throws(SinkError) -> SegmentLog {
    let state = FileSinkState(slot: slot, suffix: options.suffix)
    // Those of another compression, and those that are left when the first was moved away, too.
    for path in try options.segmentsOfAnySuffix() where try options.size(of: path) != 0 {
      throw options.error(
        .fatal,
        "\(path) has lines, and \(options.state), which says which of them count, is missing; "
          + "restore it, or move the files away to start over")
    }
    guard try options.size(of: options.segment(state.segment)) != nil else {
      let file = try options.createSegment(state.segment)
      try options.record(state)
      return SegmentLog(options, compressor, lock, state, file)
    }
    // A process that was killed here before anything was recorded has left an empty one.
    try options.record(state)
    let file = try options.reopenSegment(state)
    return SegmentLog(options, compressor, lock, state, file)
  }
}

extension FileSinkOptions {
  /// The same for names with another end.
  fileprivate func with(_ suffix: String) -> FileSinkOptions {
    var options = self
    options.suffix = suffix
    return options
  }

  fileprivate func lockFiles() throws(SinkError) -> FileDescriptor {
    do throws(PlainFile.Failure) {
      if let file = try PlainFile.lock(lock) { return file }
    } catch {
      throw self.error(error)
    }
    throw error(.transient, "another process writes these files: \(lock) is locked")
  }

  fileprivate func recordedState() throws(SinkError) -> FileSinkState? {
    let bytes: [UInt8]?
    do throws(PlainFile.Failure) {
      bytes = try DurableFile(path: state).contents()
    } catch {
      throw self.error(error)
    }
    guard let bytes else { return nil }
    do throws(FileSinkStateFault) {
      return try FileSinkState(encoded: bytes)
    } catch {
      throw self.error(.fatal, "\(state): \(error)")
    }
  }

  /// The files with lines that there are, whatever their names have behind their number.
  fileprivate func segmentsOfAnySuffix() throws(SinkError) -> [String] {
    let found: [String]
    do throws(PlainFile.Failure) {
      found = try PlainFile.paths(beginningWith: path + ".")
    } catch {
      throw self.error(error)
    }
    return found.filter { isSegment($0.utf8.dropFirst(path.utf8.count + 1)) }
  }

  /// Whether what a name has behind the path and its dot is a number, and perhaps a suffix.
  private func isSegment(_ end: Substring.UTF8View) -> Bool {
    let digits = end.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    let suffix = end.dropFirst(digits.count)
    return digits.count >= 10 && (suffix.isEmpty || suffix.first == UInt8(ascii: "."))
  }

  fileprivate func size(of path: String) throws(SinkError) -> Int? {
    do throws(PlainFile.Failure) {
      return try PlainFile.size(of: path)
    } catch {
      throw self.error(error)
    }
  }

  /// Opens the last file, as long as it is recorded, and removes what came after it.
  fileprivate func reopenSegment(_ state: FileSinkState) throws(SinkError) -> FileDescriptor {
    let path = segment(state.segment)
    if try size(of: segment(state.segment + 2)) != nil {
      throw error(
        .fatal,
        "\(segment(state.segment + 2)) was written after \(self.state), which is an old one; "
          + "restore the latest, or move the files away to start over")
    }
    let size = try size(of: path)
    guard size ?? 0 >= state.length else {
      let found = size.map { "has \($0) bytes" } ?? "is missing"
      throw error(
        .fatal,
        "lines are lost: \(path) \(found), and \(state.length) bytes of it were written; restore "
          + "it, or move all files away to start over")
    }
    // What a process has written there was not recorded, and is written again.
    try remove(segment(state.segment + 1))
    guard size != nil else { return try createSegment(state.segment) }
    return try reopen(path, length: state.length)
  }

  private func reopen(_ path: String, length: Int) throws(SinkError) -> FileDescriptor {
    do throws(PlainFile.Failure) {
      if let opened = try PlainFile.open(writing: path) {
        let isLonger = opened.size > length
        let file = opened.takeFile()
        if isLonger {
          try PlainFile.truncate(file, to: length, at: path)
          try PlainFile.synchronize(file, at: path)
        }
        return file
      }
    } catch {
      throw self.error(error)
    }
    throw error(.fatal, "\(path) has vanished")
  }

  private func remove(_ path: String) throws(SinkError) {
    do throws(PlainFile.Failure) {
      try PlainFile.remove(path)
    } catch {
      throw self.error(error)
    }
  }
}

extension FileSinkOptions {
  /// The files, if they are open.
  func opened(_ log: SegmentLog?) throws(SinkError) -> SegmentLog {
    guard let log else { throw error(.transient, "the files are not open") }
    return log
  }

  /// Creates a file for lines.
  ///
  /// Its name is on the disk once the state is.
  func createSegment(_ number: UInt64) throws(SinkError) -> FileDescriptor {
    do throws(PlainFile.Failure) {
      return try PlainFile.createNew(segment(number))
    } catch {
      throw self.error(error)
    }
  }

  /// Records a state; when this returns, it is on the disk, and the names of files too.
  func record(_ state: FileSinkState) throws(SinkError) {
    let bytes: [UInt8]
    do throws(FileSinkStateFault) {
      bytes = try state.encoded()
    } catch {
      throw self.error(.fatal, "\(self.state): \(error)")
    }
    do throws(PlainFile.Failure) {
      try DurableFile(path: self.state).replace(with: bytes)
    } catch {
      throw self.error(error)
    }
  }

  func error(_ failure: PlainFile.Failure) -> SinkError {
    error(failure.category, "\(failure)")
  }

  func error(_ category: ErrorCategory, _ reason: String) -> SinkError {
    SinkError(engine: "files \(path)", category, reason)
  }
}
