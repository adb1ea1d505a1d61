import PGOutput
import PGWire

extension MemberWriter {
  /// Appends a column whose values aren't written as they are.
  ///
  /// - Returns: Whether it has a value, or is no part of rows.
  @inline(never) mutating func appendTreated(
    _ index: Int, _ value: TupleColumn, of table: TableLayout<Scalar>, at lsn: LSN,
    to output: inout OutputBuffer
  ) throws(FormatError) -> Bool {
    let column = table.columns[index]
    switch column.form {
    case .asIs: return try appendPart(index, value, of: table, at: lsn, to: &output)
    case .leftOut: return true
    case .masked:
      table.appendUnsent(column, to: &output)
      return true
    case .hashed, .truncated: break
    }
    do throws(ValueError) {
      switch value {
      case .unchanged, .notSent: return false
      case .null:
        table.appendKey(of: column, to: &output)
        output.append(json: "null")
      case .text(let text):
        table.appendKey(of: column, to: &output)
        try append(treated: text, isBinary: false, index, of: table, to: &output)
      case .binary(let bytes):
        table.appendKey(of: column, to: &output)
        try append(treated: bytes, isBinary: !column.isTextInBinary, index, of: table, to: &output)
      }
    } catch {
      throw table.failure(error, index, at: lsn)
    }
    return true
  }

  private mutating func append(
    treated bytes: Span<UInt8>, isBinary: Bool, _ index: Int, of table: TableLayout<Scalar>,
    to output: inout OutputBuffer
  ) throws(ValueError) {
    let column = table.columns[index]
    budget.note(bytes.count)
    guard isBinary || column.isRewritten else {
      try output.append(text: bytes, as: column.form, table.hashKeys)
      return try checkBudget(output.count)
    }
    let room = budget.room(after: output.count)
    do throws(ValueError) {
      try values.withText(of: bytes, isBinary: isBinary, table.types[index], room: room) {
        text throws(ValueError) in
        try output.append(text: text, as: column.form, table.hashKeys)
      }
    } catch {
      if case .binary(.tooLong) = error { throw .tooLong(limit: budget.limit) }
      throw error
    }
    try checkBudget(output.count)
  }

  private func checkBudget(_ count: Int) throws(ValueError) {
    guard budget.allows(0, after: count) else { throw .tooLong(limit: budget.limit) }
  }
}

extension OutputBuffer {
  /// Appends what stands for a value's text.
  fileprivate mutating func append(
    text: Span<UInt8>, as form: ColumnForm, _ keys: [Password]
  ) throws(ValueError) {
    switch form {
    case .hashed(let key): try append(hashOf: text, keys[key])
    case .truncated(let count):
      do throws(UnexpectedText) {
        try append(string: text.extracting(first: text.byteCount(ofCharacters: count)))
      } catch {
        throw .text(error.reason)
      }
    case .asIs, .leftOut, .masked: return
    }
  }

  private mutating func append(hashOf text: Span<UInt8>, _ key: Password) throws(ValueError) {
    let hash: [UInt8]
    do throws(CryptoError) {
      hash = try key.withBytes { key throws(CryptoError) in
        try Digest.hmacSHA256(key: key, text)
      }
    } catch {
      throw .notHashed(error)
    }
    append(UInt8(ascii: "\""))
    for byte in hash { append(hex: byte) }
    append(UInt8(ascii: "\""))
  }
}

extension Span<UInt8> {
  /// How many bytes the first characters have; all, if there are no more characters.
  fileprivate func byteCount(ofCharacters wanted: Int) -> Int {
    var characters = 0
    for index in indices where self[index] & 0xC0 != 0x80 {
      if characters == wanted { return index }
      characters += 1
    }
    return count
  }
}
