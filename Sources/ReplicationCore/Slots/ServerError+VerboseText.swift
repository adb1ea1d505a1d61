internal import PGWire

extension ServerError {
  /// The server's error in what libpq says of a failed connect, if it is one.
  ///
  /// libpq keeps no fields of such errors; in the verbose form its text has the SQLSTATE. With
  /// `sslmode=prefer` there may be two, of which the last counts.
  ///
  ///     connection to server at "h", port 5432 failed: FATAL:  28P01: password …; LOCATION:  …
  ///
  /// - Parameter text: The text with its lines joined by `; `.
  init?(verboseText text: String) {
    let marks = text.ranges(of: ":  ").filter { mark in
      let code = text[mark.upperBound...].prefix(7)
      return code.hasSuffix(": ")
        && code.prefix(5).utf8.allSatisfy { byte in
          (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
        }
    }
    guard let mark = marks.last else { return nil }
    let severity = String(text[..<mark.lowerBound].split(separator: " ").last ?? "")
    let code = String(text[mark.upperBound...].prefix(5))
    let rest = text[mark.upperBound...].dropFirst(7)
    var fields: [Field: String] = [.localizedSeverity: severity, .sqlState: code]
    var message: [String] = []
    for (index, part) in rest.split(separator: "; ").enumerated() {
      if let text = part.after("DETAIL:  ") {
        fields[.detail] = text
      } else if let text = part.after("HINT:  ") {
        fields[.hint] = text
      } else if let text = part.after("LOCATION:  ") {
        fields[.routine] = text.split(separator: ",").first.map(String.init)
      } else if index == 0 || (fields.count == 2) {
        message.append(String(part))
      }
    }
    fields[.message] = message.joined(separator: "; ")
    self.init(fields)
  }
}

extension Substring {
  fileprivate func after(_ label: String) -> String? {
    hasPrefix(label) ? String(dropFirst(label.count)) : nil
  }
}
