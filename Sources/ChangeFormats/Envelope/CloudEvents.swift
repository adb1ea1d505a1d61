package import CDCTime

/// Puts each event into an envelope of CloudEvents 1.0, in its structured JSON form.
///
///     {"id":"lsn:0/1A2B3C4;txId:742;event:1","source":"/postgresql/shop","specversion":"1.0",
///      "type":"pgcdc.insert","subject":"public.t","time":"2026-11-22T16:00:00.5Z",
///      "datacontenttype":"application/json","data":{"kind":"insert",…}}
///
/// An event that is delivered again has the same id, so that consumers can drop it: its
/// transaction's position and id, and its number in the transaction. What belongs to no transaction
/// has a new id each time, as the rows of snapshots.
///
/// CloudEvents: <https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md>
public struct CloudEvents: Sendable {
  /// Where the events come from, as a reference of URIs; with the id it identifies an event.
  public var source: String

  /// What the types of events begin with; a dot and the event's kind follow.
  public var typePrefix: String

  /// The clock for events that belong to no transaction.
  package var now: @Sendable () -> PostgresTimestamp = { PostgresTimestamp.now() }

  /// Envelopes with this source.
  public init(source: String, typePrefix: String = "pgcdc") {
    self.source = source
    self.typePrefix = typePrefix
  }

  /// Envelopes with the source and the types that Debezium's converter gives.
  ///
  /// - Parameter name: What Debezium calls `topic.prefix`.
  public static func debezium(name: String) -> CloudEvents {
    CloudEvents(
      source: "/debezium/postgresql/\(encoded(name))",
      typePrefix: "io.debezium.connector.postgresql")
  }

  /// A name as a part of a URI's path.
  package static func encoded(_ name: String) -> String {
    name.utf8.reduce(into: "") { text, byte in
      if byte.isUnreserved {
        text.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        text += byte < 16 ? "%0" : "%"
        text += String(byte, radix: 16, uppercase: true)
      }
    }
  }
}

extension UInt8 {
  /// Whether a character stands for itself in any part of a URI (RFC 3986, section 2.3).
  fileprivate var isUnreserved: Bool {
    switch self {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"):
      true
    default: false
    }
  }
}
