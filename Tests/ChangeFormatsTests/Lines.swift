import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit

@testable import ChangeFormats

/// A stream of messages and the lines that they give.
struct Lines {
  private var decoder = PgOutputDecoder()
  private var format: JSONLineFormat

  /// A stream that has brought these messages already, all of them without a line.
  init(
    types: TypeCatalog = TypeCatalog(), options: JSONLineFormat.Options = JSONLineFormat.Options(),
    after messages: [UInt8]...
  ) throws(FormatError) {
    format = JSONLineFormat(types: types, options: options)
    for message in messages {
      let line = try next(message)
      precondition(line.isEmpty)
    }
  }

  /// The line of one message, with its line feed.
  mutating func next(_ message: [UInt8], at lsn: UInt64 = 0x1A2_B300) throws(FormatError)
    -> String
  {
    let earlier = "earlier\n"
    var output = OutputBuffer()
    output.append(earlier)
    do throws(FormatError) {
      let lsn = LSN(rawValue: lsn)
      try decoder.decode(message.span, at: lsn, wrappingErrors: FormatError.decoding) {
        message throws(FormatError) in
        try format.append(message, at: lsn, to: &output)
      }
    } catch {
      precondition(output.text == earlier, "an error left a part of a line")
      throw error
    }
    return String(output.text.dropFirst(earlier.count))
  }

  /// The JSON of one value: a column `c` of that type.
  static func value(
    _ text: [UInt8], _ typeOID: UInt32, type: [UInt8]? = nil, types: TypeCatalog = TypeCatalog(),
    options: JSONLineFormat.Options = JSONLineFormat.Options()
  ) throws(FormatError) -> String {
    try value(column: .text(text), typeOID, type: type, types: types, options: options)
  }

  static func value(
    column: PgOutputEncoder.Column, _ typeOID: UInt32, type: [UInt8]? = nil,
    types: TypeCatalog = TypeCatalog(), options: JSONLineFormat.Options = JSONLineFormat.Options()
  ) throws(FormatError) -> String {
    let relation = PgOutputEncoder.relation(1, "t", [.init("c", typeOID)])
    var lines = try Lines(types: types, options: options, after: relation)
    if let type { lines = try Lines(types: types, options: options, after: type, relation) }
    let line = try lines.next(PgOutputEncoder.insert(1, new: [column]))
    let start = #"{"kind":"insert","lsn":"0/1A2B300","schema":"public","table":"t","new":{"c":"#
    precondition(line.hasPrefix(start) && line.hasSuffix("}}\n"), line)
    return String(line.dropFirst(start.count).dropLast(3))
  }

  static func value(
    _ text: String, _ typeOID: UInt32, type: [UInt8]? = nil, types: TypeCatalog = TypeCatalog(),
    options: JSONLineFormat.Options = JSONLineFormat.Options()
  ) throws(FormatError) -> String {
    try value(Array(text.utf8), typeOID, type: type, types: types, options: options)
  }
}

extension OutputBuffer {
  /// All bytes, which are UTF-8.
  var text: String { withBytes { bytes in String(decoding: bytes.copied(), as: UTF8.self) } }
}
