internal import PGWire

extension ReplicationError {
  /// Wraps what the wire threw, a cancellation as what it is.
  init(_ error: PGWireError) {
    self = error.isCancelled ? .cancelled : .connection(error)
  }

  /// Wraps what the control connection threw, a cancellation as what it is.
  init(_ error: ControlError) {
    self = error == .transport(.cancelled) ? .cancelled : .control(error)
  }
}
