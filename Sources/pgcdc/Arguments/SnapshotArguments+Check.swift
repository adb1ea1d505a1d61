internal import ArgumentParser
internal import PgcdcArguments

extension SnapshotArguments {
  /// Refuses options that can't be used together.
  ///
  /// - Parameter hasCheckpoint: Whether it is kept in a file how far everything was written.
  func check(
    _ stream: StreamArguments, format: OutputFormat, acknowledges: Bool, provisional: Bool,
    hasCheckpoint: Bool
  ) throws {
    if keepSlot, kind != .initial {
      throw ValidationError("--keep-slot requires --snapshot initial")
    }
    switch kind {
    case nil:
      if let option = incrementalOption {
        throw ValidationError("\(option) requires --snapshot incremental")
      }
      if reading.workers != nil { throw ValidationError("--snapshot-workers requires --snapshot") }
    case .initial: try checkInitial(stream, format)
    case .incremental:
      if provisional {
        throw ValidationError(
          "--snapshot incremental: not with --provisional, whose changes may be rolled back")
      }
      try checkIncremental(stream, format, acknowledges, hasCheckpoint)
    }
  }

  private func checkInitial(_ stream: StreamArguments, _ format: OutputFormat) throws {
    if let option = incrementalOption {
      throw ValidationError("\(option) requires --snapshot incremental")
    }
    if stream.startLSN != nil {
      throw ValidationError(
        "--snapshot initial decides where the changes begin; leave --start-lsn out")
    }
    guard format == .json || format == .debezium else {
      throw ValidationError("--snapshot initial requires --format json or debezium")
    }
  }

  private func checkIncremental(
    _ stream: StreamArguments, _ format: OutputFormat, _ acknowledges: Bool,
    _ hasCheckpoint: Bool
  ) throws {
    let name = "--snapshot incremental"
    if stream.twoPhase {
      throw ValidationError("\(name): not with --two-phase, whose transactions have no commit yet")
    }
    if stream.temporary {
      throw ValidationError(
        "\(name): not with --temporary, since a restart continues with the slot")
    }
    if stream.startLSN != nil {
      throw ValidationError("\(name): not with --start-lsn; the checkpoint says where to begin")
    }
    if !acknowledges {
      throw ValidationError(
        "\(name): not with --no-ack, since ranges are acknowledged when written")
    }
    guard format == .json || format == .debezium else {
      throw ValidationError("\(name) requires --format json or debezium")
    }
    guard hasCheckpoint else {
      throw ValidationError(
        "\(name) needs --checkpoint FILE or --output FILE, which says what has been read already")
    }
    if resnapshotTag != nil, resnapshotList.isEmpty {
      throw ValidationError("--resnapshot-tag requires --resnapshot")
    }
    _ = try resnapshots()
  }

  /// An option that was given and requires `--snapshot incremental`.
  private var incrementalOption: String? {
    if reading.tableList != nil { return "--snapshot-tables" }
    if !resnapshotList.isEmpty { return "--resnapshot" }
    if resnapshotTag != nil { return "--resnapshot-tag" }
    return chunk.size == nil ? nil : "--snapshot-chunk-size"
  }
}
