internal import PGWire

/// The timelines that a server's own timeline descends from, and where each of them ended.
///
///     1 <tab> 0/3000148 <tab> no recovery target specified
///     2 <tab> 0/5000060 <tab> no recovery target specified
///
/// The content of a history file, as TIMELINE_HISTORY returns it:
/// <https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-TIMELINES>
struct TimelineHistory: Hashable, Sendable {
  private struct Entry: Hashable, Sendable {
    let timeline: UInt32
    let end: LSN
  }

  private var entries: [Entry] = []

  /// Lines that don't belong to a history are ignored.
  init(_ text: String = "") {
    for line in text.split(separator: "\n") {
      let fields = line.split { $0 == "\t" || $0 == " " }
      guard fields.count >= 2, let timeline = UInt32(fields[0]), let end = LSN(String(fields[1]))
      else { continue }
      entries.append(Entry(timeline: timeline, end: end))
    }
  }

  /// Where a timeline was left for the next one; `nil` if the server's timeline does not descend
  /// from it.
  func end(of timeline: UInt32) -> LSN? {
    entries.first { $0.timeline == timeline }?.end
  }

  /// The point after which nothing can be common with a timeline that the server's does not descend
  /// from.
  func lastEnd(before timeline: UInt32) -> LSN? {
    entries.last { $0.timeline < timeline }?.end
  }
}
