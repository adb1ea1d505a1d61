internal import PGWire

extension ServerError {
  /// The server's error in libpq's text for a failed connect, if the text contains one.
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
    var parts = rest.split(separator: "; ")
    if let location = parts.last.flatMap(Location.init) {
      parts.removeLast()
      (fields[.routine], fields[.file], fields[.line]) = location.fields
    }
    var message: [String] = []
    for part in parts {
      if let text = part.after("DETAIL:  ") {
        fields[.detail] = text
      } else if let text = part.after("HINT:  ") {
        fields[.hint] = text
      } else if fields[.detail] == nil, fields[.hint] == nil {
        message.append(String(part))
      }
    }
    fields[.message] = message.joined(separator: "; ")
    self.init(fields)
  }
}

/// The last line of libpq's text: where in the server's source the error was reported.
///
///     LOCATION:  ClientAuthentication, auth.c:543
///
/// Its label is in the language of the program, so it is recognised by its form.
private struct Location {
  let fields: (routine: String, file: String, line: String)

  init?(_ part: Substring) {
    let words = part.split(separator: " ")
    guard let place = words.last, let routine = words.dropLast().last, routine.hasSuffix(","),
      let colon = place.lastIndex(of: ":")
    else { return nil }
    let line = place[place.index(after: colon)...]
    guard !line.isEmpty, line.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      place[..<colon].contains(".")
    else { return nil }
    fields = (String(routine.dropLast()), String(place[..<colon]), String(line))
  }
}

extension Substring {
  fileprivate func after(_ label: String) -> String? {
    hasPrefix(label) ? String(dropFirst(label.count)) : nil
  }
}
