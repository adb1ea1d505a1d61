internal import ReplicationCore

/// Which tables are to be read again, and which of them were asked for already.
///
/// A service starts the same command line again and again; `--resnapshot` asks when it is new there.
/// So the checkpoint's user data holds the names of the last run: those that are not among them are
/// asked for. They get there with the first acknowledgement after the request, so that no crash can
/// keep the names and lose the request; one that loses both asks again.
struct ResnapshotMemory {
  /// The tables to ask for now.
  let wanted: [String]
  /// What to attach to acknowledgements; `nil` to leave what the checkpoint has.
  let userData: [UInt8]?

  private static let title = "pgcdc resnapshot "

  /// - Parameters:
  ///   - names: The names on the command line.
  ///   - checkpoint: What was saved last; without one every table is read in any case.
  /// - Throws: If another program's data would be lost.
  init(_ names: [String], _ checkpoint: Checkpoint?) throws {
    let saved = checkpoint?.userData ?? []
    guard let former = Self.names(in: saved) else {
      guard names.isEmpty else {
        throw RuntimeFailure(
          "--resnapshot: the checkpoint holds data of another program, in whose place the names of "
            + "the tables would be kept; ask that program to read them again")
      }
      (wanted, userData) = ([], nil)
      return
    }
    wanted = checkpoint == nil ? [] : names.filter { !former.contains($0) }
    let data = Self.data(of: names)
    userData = data == saved ? nil : data
  }

  /// The names that a checkpoint's user data holds; `nil` if it is another program's.
  static func names(in data: [UInt8]) -> [String]? {
    if data.isEmpty { return [] }
    let text = String(decoding: data, as: UTF8.self)
    guard text.hasPrefix(title), Array(text.utf8) == data else { return nil }
    return NameList.names(in: String(text.dropFirst(title.count)))
  }

  private static func data(of names: [String]) -> [UInt8] {
    names.isEmpty ? [] : Array((title + NameList.text(of: names)).utf8)
  }
}
