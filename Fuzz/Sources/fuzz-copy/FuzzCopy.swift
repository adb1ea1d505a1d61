import PGWire

// The data of COPY TO STDOUT, text and binary.
//
//     input  flags 1 (1: binary) | columns 1 | cut 1 | the data, parted there
//
// Cut or not, the rows are the same, and every field lies in the bytes.

func fuzzCopy(_ input: [UInt8]) {
  guard input.count >= 3 else { return }
  let format = CopyFormat(isBinary: input[0] & 1 == 1, columnCount: Int(input[1] % 8))
  let data = Array(input.dropFirst(3))
  let whole = values(format, [data])
  let cut = data.count * Int(input[2]) / 256
  let parted = values(format, [Array(data[..<cut]), Array(data[cut...])])
  precondition(whole == parted, "the rows depend on the cut")
}

/// The values of all rows; `nil` if the data is refused.
private func values(_ format: CopyFormat, _ pieces: [[UInt8]]) -> [[UInt8]?]? {
  var parser = CopyRowParser(format)
  var values: [[UInt8]?] = []
  do throws(WireError) {
    for piece in pieces {
      let rows = try parser.take(piece)
      precondition(rows.fields.count == rows.count * format.columnCount)
      for field in rows.fields {
        values.append(field.count.map { Array(rows.bytes[field.start..<field.start + $0]) })
      }
    }
    try parser.finish()
    return values
  } catch {
    precondition(!error.description.isEmpty)
    return nil
  }
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzCopy([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
