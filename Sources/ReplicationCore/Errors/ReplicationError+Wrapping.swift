internal import PGWire

extension ReplicationError {
  /// Wraps an error of the wire; a cancellation stays a cancellation.
  init(_ error: PGWireError) {
    self = error.isCancellation ? .cancelled : .connection(error)
  }

  /// Wraps an error of the control connection; a cancellation stays a cancellation.
  init(_ error: ControlError) {
    self = error == .transport(.cancelled) ? .cancelled : .control(error)
  }
}
