import CDCTime
import PGOutput
import PGOutputTestSupport
import PGWire
import ReplicationTestKit

@testable import ChangeFormats

// The writers of lines: whatever a column holds, a line is one line of JSON that any parser takes,
// or there is none.
//
//     input  flags 1 | type 1 (its index) | modifier 4 | value …
//     flags  1: an array, 2: in binary, 4: Debezium's format, 8: documents are strings, 16: a limit
//
// It looks into the formats, which only the package itself can; so this one runs in the tests.

func fuzzLines(_ input: [UInt8]) {
  guard input.count >= 6 else { return }
  let flags = input[0]
  let types = BuiltinType.allCases
  let type = types[Int(input[1]) % types.count]
  let modifier = input[2..<6].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
  let value = Array(input[6...])
  var options = JSONLineFormat.Options()
  if flags & 8 != 0 { options.documents = .quote }
  if flags & 16 != 0 { options.maxLineBytes = 300 }
  let column = PgOutputEncoder.ColumnHeader(
    "c", flags & 1 == 0 ? type.oid : type.arrayOID, typeModifier: Int32(bitPattern: modifier))
  let relation = PgOutputEncoder.relation(1, "t", [.key("id", 23), column])
  func write(_ value: PgOutputEncoder.Column) -> [UInt8]? {
    let insert = PgOutputEncoder.insert(1, new: ["1", value])
    guard flags & 4 == 0 else {
      var debezium = DebeziumFormat.Options(name: "n", database: "d", version: "1")
      debezium.printsTruncates = true
      debezium.maxLineBytes = options.maxLineBytes
      debezium.now = { .infinity }
      return lines(DebeziumFormat(options: debezium), relation, insert)
    }
    return lines(JSONLineFormat(options: options), relation, insert)
  }
  guard let line = write(flags & 2 == 0 ? .text(value) : .binary(value)) else { return }
  check(line, options)
  guard flags & 2 != 0, options.maxLineBytes == nil else { return }
  var text: [UInt8] = []
  let resolved = PostgresType(ColumnType(oid: column.typeOID, name: nil))
  guard (try? resolved.appendText(ofBinary: value.span, to: &text)) != nil else { return }
  precondition(write(.text(text)) == line, "text and binary differ")
}

private func lines(
  _ format: some ChangeFormat, _ messages: [UInt8]...
) -> [UInt8]? {
  var format = format
  var decoder = PgOutputDecoder()
  var output = OutputBuffer()
  output.append(0x2A)
  do throws(FormatError) {
    for message in messages {
      try decoder.decode(message.span, at: .zero, wrappingErrors: FormatError.decoding) {
        message throws(FormatError) in
        try format.append(message, at: .zero, provisionalIn: nil, to: &output)
      }
    }
  } catch {
    precondition(output.count == 1, "an error left a part of a line")
    precondition(!error.description.isEmpty)
    return nil
  }
  return output.withBytes { bytes in Array(bytes.copied().dropFirst()) }
}

private func check(_ line: [UInt8], _ options: JSONLineFormat.Options) {
  precondition(line.last == 0x0A && !line.dropLast().contains(0x0A), "not one line")
  let json = Array(line.dropLast())
  var syntax = JSONSyntax(JSONLineFormat.Options())
  precondition(syntax.check(json.span) == .accepted, "not every parser takes it: \(text(json))")
  let isPlain = text(json).unicodeScalars.allSatisfy {
    $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0.value & ~1 != 0x2028
  }
  precondition(isPlain, "a control character: \(text(json))")
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
