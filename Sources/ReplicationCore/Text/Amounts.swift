internal import PGWire

/// Sizes and times as text for people.
package enum Amounts {
  /// `16.0 MiB`; below a KiB `12 bytes`.
  package static func bytes(_ count: UInt64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard count >= 1024 else { return count == 1 ? "1 byte" : "\(count) bytes" }
    var amount = Double(count) / 1024
    var unit = 0
    while amount >= 1023.95, unit + 1 < units.count {
      amount /= 1024
      unit += 1
    }
    return "\(oneDigit(amount)) \(units[unit])"
  }

  /// `12 s`, `34 min`, `5.6 h` or `7.8 days`.
  package static func time(_ duration: Duration) -> String {
    let seconds = Double(duration.components.seconds)
    return switch seconds {
    case ..<120: "\(Int(seconds)) s"
    case ..<7200: "\(Int(seconds / 60)) min"
    case ..<172_800: "\(oneDigit(seconds / 3600)) h"
    default: "\(oneDigit(seconds / 86400)) days"
    }
  }

  /// A time to wait, to the millisecond: `162 ms`, `2.5 s`, `34 min`.
  package static func wait(_ duration: Duration) -> String {
    let milliseconds = duration.wholeNanoseconds / 1_000_000
    return switch milliseconds {
    case ..<1000: "\(milliseconds) ms"
    case ..<120_000: "\(oneDigit(Double(milliseconds) / 1000)) s"
    default: time(duration)
    }
  }

  private static func oneDigit(_ number: Double) -> String {
    let tenths = Int64((number * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}
