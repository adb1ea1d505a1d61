import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationCore

@testable import ChangeFormats

/// A stream of messages and the records that they give.
struct Records<Format: ChangeFormat> {
  private var decoder = PgOutputDecoder()
  private(set) var format: Format

  /// A stream that has brought these messages already, whose records don't count.
  init(_ format: Format, after messages: [UInt8]...) throws(FormatError) {
    self.format = format
    for message in messages { _ = try next(message) }
  }

  /// Takes in what the catalog says of a table.
  mutating func describe(_ table: TableDescription) { format.describe(table) }

  /// The records of some messages: `topic | key | value`, where `-` is none.
  mutating func next(_ messages: [UInt8]...) throws(FormatError) -> [String] {
    let output = try append(messages)
    return output.recordTexts
  }

  /// The headers of the records of some messages: `key | name | value`, where `-` is none.
  mutating func headers(of messages: [UInt8]...) throws(FormatError) -> [String] {
    let output = try append(messages)
    return output.headerTexts
  }

  private mutating func append(_ messages: [[UInt8]]) throws(FormatError) -> OutputBuffer {
    var output = OutputBuffer(keepsRecords: true)
    for message in messages {
      let count = output.count
      let records = output.recordCount
      do throws(FormatError) {
        let lsn = LSN(rawValue: 27_439_872)
        try decoder.decode(message.span, at: lsn, wrappingErrors: FormatError.decoding) {
          message throws(FormatError) in
          try format.append(message, at: lsn, provisionalIn: nil, to: &output)
        }
      } catch {
        precondition(output.count == count, "an error left a part of a record")
        precondition(output.recordCount == records, "an error left a record")
        throw error
      }
    }
    return output
  }
}

extension OutputBuffer {
  /// The records: `topic | key | value`, where `-` is none.
  var recordTexts: [String] {
    var texts: [String] = []
    forEachRecord { topic, record in
      switch record {
      case .tombstone(let key): texts.append("\(topic.name) | \(key.text) | -")
      case .event(nil, let value): texts.append("\(topic.name) | - | \(value.text)")
      case .event(let key?, let value):
        texts.append("\(topic.name) | \(key.text) | \(value.text)")
      }
    }
    return texts
  }
}

extension OutputBuffer {
  /// The headers of the records: `key | name | value`, where `-` is none.
  var headerTexts: [String] {
    var texts: [String] = []
    forEachRecord { _, record, header in
      var text: String
      switch record {
      case .tombstone(let key): text = "\(key.text), no value"
      case .event(nil, _): text = "-"
      case .event(let key?, _): text = key.text
      }
      if let header { text += " | \(header.name)" }
      switch header {
      case .newKey(let key)?: text += " | \(key.text)"
      case .oldKey(let key)?: text += " | \(key.text)"
      case nil: text += " | -"
      }
      texts.append(text)
    }
    return texts
  }
}

extension Span<UInt8> {
  fileprivate var text: String { String(decoding: copied(), as: UTF8.self) }
}
