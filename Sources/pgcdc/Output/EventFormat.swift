internal import CDCTime
internal import ChangeFormats
internal import PGOutput
internal import PGWire
internal import ReplicationCore

/// A way to write events.
protocol EventFormat {
  /// The relation that the last event has brought, if its types have to be looked up.
  var unexplained: Relation? { get }
  /// The transaction that it came in.
  var xid: UInt32? { get }
  /// Takes in what types are made of.
  mutating func learn(_ types: TypeCatalog)
  /// Appends what is to be written for an event, which may be nothing.
  mutating func write(_ event: ReplicationEvent, to output: inout OutputBuffer) throws
}

extension EventFormat {
  var unexplained: Relation? { nil }
  var xid: UInt32? { nil }
  mutating func learn(_ types: TypeCatalog) {}
}
