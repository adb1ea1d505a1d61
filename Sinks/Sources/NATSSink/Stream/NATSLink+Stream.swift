internal import ChangeSinks
internal import PGWire

extension NATSLink {
  /// A stream as it is; `nil` if there is none.
  func info(of stream: String) throws(SinkError) -> StreamInfo? {
    let what = "looking at the stream \(stream)"
    let answer = try ask("STREAM.INFO.\(stream)")
    if let failure = APIFailure(answer) {
      if failure.number == APIFailure.noStream { return nil }
      throw SinkError(failure, of: engine, while: what)
    }
    guard let found = StreamInfo(answer) else { throw unexpected(what) }
    return found
  }

  /// The stream for records, which is created if it is missing.
  ///
  /// - Throws: If it can't keep what it is given, or is missing and may not be created.
  func prepare(
    _ names: StreamNames, _ options: NATSStreamOptions
  ) throws(SinkError) -> StreamInfo {
    let found = try info(of: names.stream)
    let stream = if let found { found } else { try create(names, options) }
    if let fault = stream.fault(names, options) {
      throw SinkError(engine: engine, .needsOperator, "the stream \(names.stream) \(fault)")
    }
    return stream
  }

  private func create(
    _ names: StreamNames, _ options: NATSStreamOptions
  ) throws(SinkError) -> StreamInfo {
    guard options.isCreated else {
      throw SinkError(
        engine: engine, .needsOperator,
        "there is no stream \(names.stream); create it, or let it be created")
    }
    let what = "creating the stream \(names.stream)"
    let answer = try ask("STREAM.CREATE.\(names.stream)", options.configuration(names))
    if let failure = APIFailure(answer) {
      // Somebody else has created it.
      if failure.number == APIFailure.streamExists, let found = try info(of: names.stream) {
        return found
      }
      throw SinkError(failure, of: engine, while: what)
    }
    guard let created = StreamInfo(answer) else { throw unexpected(what) }
    return created
  }

  private func unexpected(_ what: String) -> SinkError {
    SinkError(engine: engine, .transient, "\(what) failed: the answer has another form")
  }
}
