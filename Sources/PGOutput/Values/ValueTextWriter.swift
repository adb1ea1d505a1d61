import CDCTime
import PGWire

extension PostgresType {
  /// Appends the text that the server would print for a value that it has sent in binary.
  ///
  /// The text is that of a stream's settings: ISO dates in UTC, shortest exact digits, amounts of
  /// money in the locale `C`, but with as many digits behind the point as the database's.
  ///
  /// - Parameters:
  ///   - style: What the text depends on besides.
  ///   - limit: How long the text may become; by default
  ///     ``ValueTextLimit/standard(forByteCount:)``.
  /// - Throws: ``PostgresValueError``; then a part of the text may have been appended. Types whose
  ///   text the binary form doesn't tell are ``PostgresValueError/unknownBinary``: those that are
  ///   known by name alone, and `regclass` and its like, which are sent as an oid. A text beyond
  ///   the limit is ``PostgresValueError/tooLong(limit:)``.
  /// - Complexity: O(*n*) in the bytes of the value and of its text.
  public func appendText(
    ofBinary bytes: Span<UInt8>, to output: inout [UInt8],
    style: ValueTextStyle = ValueTextStyle(), limit: ValueTextLimit? = nil
  ) throws(PostgresValueError) {
    try appendText(bytes, .binary, to: &output, style, limit)
  }

  /// Appends the text of a value that was sent as text, with what servers print differently made
  /// the same: see ``isRewritten(_:)``.
  ///
  /// - Throws: As ``appendText(ofBinary:to:style:limit:)``.
  package func appendText(
    ofText text: Span<UInt8>, to output: inout [UInt8], style: ValueTextStyle,
    limit: ValueTextLimit? = nil
  ) throws(PostgresValueError) {
    try appendText(text, .text, to: &output, style, limit)
  }

  private func appendText(
    _ bytes: Span<UInt8>, _ form: ValueForm, to output: inout [UInt8], _ style: ValueTextStyle,
    _ limit: ValueTextLimit?
  ) throws(PostgresValueError) {
    let limit = (limit ?? .standard(forByteCount: bytes.count)).bytes
    let writer = ValueTextWriter(form: form, style: style)
    do throws(PostgresValueError) {
      try writer.append(bytes, of: self, to: &output, room: limit)
    } catch {
      // The inner value knows only what was left of the limit.
      if case .tooLong = error { throw .tooLong(limit: limit) }
      throw error
    }
  }
}

/// Writes the text of values, containers and all that lies in them.
struct ValueTextWriter {
  let form: ValueForm
  let style: ValueTextStyle

  /// - Parameter room: How many bytes may be appended.
  func append(
    _ bytes: Span<UInt8>, of type: PostgresType, to output: inout [UInt8], room: Int
  ) throws(PostgresValueError) {
    let start = output.count
    if let bound = type.rangeBound {
      try append(range: bytes, of: bound, to: &output, room: room)
    } else if let bound = type.multirangeBound {
      try append(multirange: bytes, of: bound, to: &output, room: room)
    } else {
      switch type {
      case .array(let element, let delimiter):
        try append(array: bytes, of: element, delimiter: delimiter, to: &output, room: room)
      case .composite(_, let fields, let catalog):
        try append(composite: bytes, fields, catalog, to: &output, room: room)
      default:
        switch form {
        case .text: try type.appendScalar(text: bytes, to: &output, style)
        case .binary: try type.appendScalar(binary: bytes, to: &output, style)
        }
      }
    }
    try output.check(from: start, room: room)
  }

  private func append(
    range bytes: Span<UInt8>, of bound: PostgresType, to output: inout [UInt8], room: Int
  ) throws(PostgresValueError) {
    var (lower, upper): ([UInt8], [UInt8]) = ([], [])
    let flags = try bytes.readRange(form) { bytes throws(PostgresValueError) in
      try append(bytes, of: bound, to: &lower, room: room)
    } upper: { bytes throws(PostgresValueError) in
      try append(bytes, of: bound, to: &upper, room: room)
    }
    try output.append(range: flags) {
      $0 += lower
    } upper: {
      $0 += upper
    }
  }

  private func append(
    multirange bytes: Span<UInt8>, of bound: PostgresType, to output: inout [UInt8], room: Int
  ) throws(PostgresValueError) {
    let start = output.count
    output.append(UInt8(ascii: "{"))
    try bytes.forEachOfMultirange(form) { bytes throws(PostgresValueError) in
      if output.last != UInt8(ascii: "{") { output.append(UInt8(ascii: ",")) }
      try append(range: bytes, of: bound, to: &output, room: room - (output.count - start))
      try output.check(from: start, room: room)
    }
    output.append(UInt8(ascii: "}"))
  }

  private func append(
    array bytes: Span<UInt8>, of element: PostgresType, delimiter: UInt8,
    to output: inout [UInt8], room: Int
  ) throws(PostgresValueError) {
    var reader = ArrayReader(delimiter: delimiter)
    var texts: [UInt8] = []
    // Where each text ends; NULL ends before it begins.
    var ends: [Int] = []
    try reader.read(bytes, form) { () throws(PostgresValueError) in
      ends.append(-1)
    } value: { bytes throws(PostgresValueError) in
      try append(bytes, of: element, to: &texts, room: room - texts.count)
      ends.append(texts.count)
    }
    var start = 0
    let first = output.count
    try output.append(arrayOf: reader.dimensions, delimiter: delimiter) {
      (index, output) throws(PostgresValueError) in
      guard ends[index] >= 0 else { return false }
      try output.check(from: first, room: room)
      output += texts[start..<ends[index]]
      start = ends[index]
      return true
    }
  }

  private func append(
    composite bytes: Span<UInt8>, _ fields: [PostgresType.Field], _ catalog: TypeCatalog,
    to output: inout [UInt8], room: Int
  ) throws(PostgresValueError) {
    let first = output.count
    var index = 0
    output.append(UInt8(ascii: "("))
    try bytes.forEachField(form) { (oid, bytes) throws(PostgresValueError) in
      if index > 0 { output.append(UInt8(ascii: ",")) }
      let start = output.count
      let type =
        if let oid { fields.type(ofSent: oid, at: index, catalog) } else {
          // It has another number of fields than the value, which is found out at the end.
          index < fields.count ? fields[index].type : .builtin(.text)
        }
      try append(bytes, of: type, to: &output, room: room - (start - first))
      output.quoteField(from: start)
      try output.check(from: first, room: room)
      index += 1
    } null: { () throws(PostgresValueError) in
      if index > 0 { output.append(UInt8(ascii: ",")) }
      index += 1
    }
    // Which field has which type is only known if there are as many as the catalogue knows.
    guard form == .binary || index == fields.count else { throw .malformed }
    output.append(UInt8(ascii: ")"))
  }
}

extension [UInt8] {
  /// Whether no more has been appended since `start` than there was room for.
  fileprivate func check(from start: Int, room: Int) throws(PostgresValueError) {
    // The caller says what the limit was.
    guard count - start <= room else { throw .tooLong(limit: room) }
  }
}
