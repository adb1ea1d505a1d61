internal import PgcdcArguments
internal import ReplicationCore

/// Which tables are to be read again, and which of them were asked for already.
///
/// A service starts the same command line again and again, and a table is not to be read at each
/// start. So the checkpoint's user data holds which tables were asked for, with the tag that they
/// were asked for with. It is saved with the first acknowledgement after the request, so a crash
/// can't keep it and lose the request; after a crash that loses both, the tables are asked for
/// again.
struct ResnapshotMemory {
  /// What the checkpoint holds.
  struct Asked: Equatable {
    var tag = ""
    var tables: [String] = []
  }

  /// The tables to ask for now.
  private(set) var wanted: [String]
  /// Those that were asked for before.
  let repeated: [String]
  /// What to attach to acknowledgements; `nil` to leave what the checkpoint has.
  let userData: [UInt8]?

  private static let title = "pgcdc resnapshot "

  /// - Parameters:
  ///   - tables: The names on the command line.
  ///   - tag: If it differs from the last one, all of them are asked for again.
  ///   - checkpoint: What was saved last.
  ///   - readsAll: Whether every published table is read at first, so that without a checkpoint
  ///     nothing has to be asked for.
  /// - Throws: If another program's data would be lost.
  init(
    _ tables: [String], tag: String = "", _ checkpoint: Checkpoint?, readsAll: Bool = true
  ) throws {
    guard !tables.isEmpty else {
      (wanted, repeated, userData) = ([], [], nil)
      return
    }
    guard let former = Self.asked(in: checkpoint?.userData ?? []) else {
      throw RuntimeFailure(
        "--resnapshot: the checkpoint holds user data of another program, which would be "
          + "overwritten; use that program to read the tables again")
    }
    let known = former.tag == tag ? former.tables : []
    let new = tables.filter { !known.contains($0) }
    wanted = checkpoint == nil && readsAll ? [] : new
    repeated = tables.filter { known.contains($0) }
    userData = new.isEmpty ? nil : Self.data(of: Asked(tag: tag, tables: known + new))
  }

  /// The same after the tables were asked for.
  var afterAsking: ResnapshotMemory {
    var memory = self
    memory.wanted = []
    return memory
  }

  /// What a checkpoint's user data holds; `nil` if it is another program's.
  static func asked(in data: [UInt8]) -> Asked? {
    if data.isEmpty { return Asked() }
    let text = String(decoding: data, as: UTF8.self)
    guard text.hasPrefix(title), Array(text.utf8) == data,
      let words = NameList.names(in: String(text.dropFirst(title.count))), let tag = words.first
    else { return nil }
    return Asked(tag: tag, tables: Array(words.dropFirst()))
  }

  private static func data(of asked: Asked) -> [UInt8] {
    Array((title + NameList.text(of: [asked.tag] + asked.tables)).utf8)
  }
}
