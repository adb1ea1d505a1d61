/// The figures of a drained stream.
struct DrainReport {
  let mode: String
  let totals: Drain.Totals
  let wall: Double
  let user: Double
  let system: Double
  let maxResidentBytes: Int

  /// One JSON object.
  var json: String {
    """
    {"mode":"\(mode)","messages":\(totals.messages),"rows":\(totals.rows),\
    "columns":\(totals.columns),"bytes":\(totals.bytes),"outputBytes":\(totals.outputBytes),\
    "wall":\(wall),"user":\(user),\
    "system":\(system),"maxResidentBytes":\(maxResidentBytes)}
    """
  }

  /// Lines for a person.
  var text: ScreenText {
    """
    mode      \(mode)
    messages  \(totals.messages)
    rows      \(totals.rows)
    columns   \(totals.columns)
    bytes     \(totals.bytes)
    output    \(totals.outputBytes) bytes
    wall      \(rounded(wall)) s  (\(rounded(Double(totals.messages) / wall / 1e6)) million/s)
    user      \(rounded(user)) s
    system    \(rounded(system)) s
    memory    \(maxResidentBytes >> 20) MiB at most
    """
  }

  private func rounded(_ number: Double) -> String {
    // If the clock did not move, the rate is not a number.
    let thousandths = Int(exactly: (number * 1000).rounded()) ?? 0
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
  }
}
