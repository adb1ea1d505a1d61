import ChangeSinks
import Foundation
import PGWire

/// Reads the lines of `pgcdc stream --output`, which have no positions of their own.
enum FileTrialReader {
  /// Lines get the position of their transaction, and the next number.
  ///
  /// So lines that came twice are seen by what they do, and by the ledger. The lines that begin and
  /// end transactions have to be in order.
  static func records(at path: String) throws -> [TrialRecord] {
    let url = URL(filePath: path)
    let prefix = url.lastPathComponent + "."
    let folder = url.deletingLastPathComponent()
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { name in
        name.hasPrefix(prefix) && name.dropFirst(prefix.count).allSatisfy(\.isNumber)
      }
    var records: [TrialRecord] = []
    var transaction = LSN.zero
    var index: UInt64 = 0
    for name in names.sorted() {
      let data = try Data(contentsOf: folder.appending(path: name))
      guard data.isEmpty || data.last == 0x0A else { throw TrialError("\(name): a line is cut") }
      for line in data.split(separator: 0x0A) {
        let bytes = Array(line)
        if bytes.starts(with: #"{"kind":"begin","#.utf8) {
          let begins = try JSONValue(parsing: bytes)["commitLSN"]?.text.flatMap { LSN($0) }
          guard let begins, begins > transaction else {
            throw TrialError("\(name): a transaction comes after a later one, or twice")
          }
          transaction = begins
          index = 0
        }
        records.append(
          TrialRecord(
            place: path, topic: "", position: SinkPosition(lsn: transaction, index: index),
            key: nil, value: bytes))
        index += 1
      }
    }
    return records
  }
}
