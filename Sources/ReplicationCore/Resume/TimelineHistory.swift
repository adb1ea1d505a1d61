internal import PGWire

/// From which timelines a server's own has come, and where each was left.
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

  /// Lines that are none of a history are passed over.
  init(_ text: String = "") {
    for line in text.split(separator: "\n") {
      let fields = line.split { $0 == "\t" || $0 == " " }
      guard fields.count >= 2, let timeline = UInt32(fields[0]), let end = LSN(String(fields[1]))
      else { continue }
      entries.append(Entry(timeline: timeline, end: end))
    }
  }

  /// Where a timeline was left for the next one; `nil` if the server has not come by it.
  func end(of timeline: UInt32) -> LSN? {
    entries.first { $0.timeline == timeline }?.end
  }

  /// Beyond which point nothing can be common with a timeline that the server has not come by.
  func lastEnd(before timeline: UInt32) -> LSN? {
    entries.last { $0.timeline < timeline }?.end
  }
}
