import CDCTime
@testable import PGWire

// Texts that come from people and servers: connection strings, positions, timestamps.

func fuzzSettings(_ bytes: [UInt8]) {
  let text = String(decoding: bytes, as: UTF8.self)
  do throws(ConnectionOptionsError) {
    let options = try ConnectionOptions(text, files: .none)
    precondition(!options.description.isEmpty)
  } catch {
    precondition(!error.description.isEmpty)
  }
  if let lsn = LSN(text) { precondition(LSN(lsn.description) == lsn) }
  if let time = PostgresTimestamp(bytes.span) {
    var written: [UInt8] = []
    time.append(to: &written, as: .timestamp, style: .postgres)
    precondition(PostgresTimestamp(written.span) == time)
  }
}

#if FUZZING
  @c(LLVMFuzzerTestOneInput)
  public func testOneInput(_ data: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    fuzzSettings([UInt8](UnsafeBufferPointer(start: data, count: count)))
    return 0
  }
#endif
