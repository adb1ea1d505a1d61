internal import CSinkLibPQ
internal import ChangeSinks
internal import PGWire

/// What the target says went wrong.
///
/// PostgreSQL: <https://www.postgresql.org/docs/current/errcodes-appendix.html>
struct TargetFailure: Sendable {
  /// The SQLSTATE; empty if libpq has made the error itself.
  let code: String
  private let message: String
  private let schema: String
  private let table: String
  private let column: String
  private let constraint: String
  /// The function in the server's source that has raised it.
  private let routine: String
  /// The file of the server's source that has the function, without folders.
  private let file: String
  /// Whether a function's own statement could not be parsed; it may be made of values.
  private let isOfInnerQuery: Bool

  /// The fields of an error that libpq holds.
  @unsafe init(_ result: OpaquePointer) {
    code = unsafe Self.field(UInt8(ascii: "C"), of: result)
    let primary = unsafe Self.field(UInt8(ascii: "M"), of: result)
    message =
      primary.isEmpty ? unsafe String(cString: PQresultErrorMessage(result)).oneLine : primary
    schema = unsafe Self.field(UInt8(ascii: "s"), of: result)
    table = unsafe Self.field(UInt8(ascii: "t"), of: result)
    column = unsafe Self.field(UInt8(ascii: "c"), of: result)
    constraint = unsafe Self.field(UInt8(ascii: "n"), of: result)
    routine = unsafe Self.field(UInt8(ascii: "R"), of: result)
    let path = unsafe Self.field(UInt8(ascii: "F"), of: result)
    file = String(path.split { $0 == "/" || $0 == "\\" }.last ?? "")
    isOfInnerQuery = unsafe !Self.field(UInt8(ascii: "q"), of: result).isEmpty
  }

  /// An error while connecting, of which libpq has only the text.
  ///
  /// - Parameter text: In the verbose form, which has the SQLSTATE: `FATAL:  28P01: password …`.
  init(connecting text: String) {
    (code, message) = (Self.code(in: text), text.oneLine)
    (schema, table, column, constraint) = ("", "", "", "")
    (routine, file, isOfInnerQuery) = ("", "", false)
  }

  private static func field(_ code: UInt8, of result: OpaquePointer) -> String {
    guard let text = unsafe PQresultErrorField(result, Int32(code)) else { return "" }
    return unsafe String(cString: text)
  }

  /// The last SQLSTATE in libpq's verbose text; with `sslmode=prefer` there may be two.
  private static func code(in text: String) -> String {
    let codes = text.ranges(of: ":  ").compactMap { mark -> String? in
      let rest = text[mark.upperBound...].prefix(7)
      let code = rest.prefix(5)
      let isCode = code.utf8.allSatisfy { byte in
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
      }
      return isCode && code.utf8.count == 5 && rest.hasSuffix(": ") ? String(code) : nil
    }
    return codes.last ?? ""
  }
}

extension TargetFailure {
  /// What can be done about it.
  var category: ErrorCategory {
    switch code {
    case "25006", "42501", "55000", "57P04": return .needsOperator
    // An enum of the target may lack a label, which is added when the sink is opened again.
    case "22P02": return .needsOperator
    default: break
    }
    switch code.prefix(2) {
    case "", "08", "25", "40", "53", "55", "57": return .transient
    case "28", "3D", "3F", "42", "58", "XX": return .needsOperator
    default: return .fatal
    }
  }

  /// The error of the sink.
  ///
  /// - Parameter activity: What was being done: `writing a batch`.
  func error(_ engine: String, _ activity: String) -> SinkError {
    SinkError(engine: engine, category, "\(activity) failed: \(explanation)")
  }

  private var explanation: String {
    if code.isEmpty { return message }
    if isOfUsersCode {
      return "code of the target, such as a trigger, has refused it (SQLSTATE \(code)); the "
        + "server's log says why"
    }
    let place = table.isEmpty ? "" : " of \(schema).\(table)"
    switch code.prefix(2) {
    case "22":
      let name = column.isEmpty ? "" : " in column \(column)\(place)"
      return "a value\(name) does not fit the target's type (SQLSTATE \(code)); compare the types "
        + "of the columns, and the labels of enums, on both sides"
    case "23":
      let name = constraint.isEmpty ? "column \(column)" : "constraint \(constraint)"
      return "\(name)\(place) does not allow a row (SQLSTATE \(code)); drop what only the target "
        + "requires, or let another snapshot read the table"
    default:
      // Messages of these classes have names in them, and no values.
      return "\(message) (SQLSTATE \(code))"
    }
  }
}

extension TargetFailure {
  /// The classes of errors of the server itself, whose messages are its own.
  ///
  /// Those of functions (`2F`, `38`, `39`, `P0`) and of foreign servers (`HV`) are left out.
  private static let ownClasses: Set<Substring> = [
    "03", "08", "09", "0A", "0B", "0L", "0P", "20", "21", "22", "23", "24", "25", "26", "27", "28",
    "2B", "2D", "34", "3B", "3D", "3F", "40", "42", "44", "53", "54", "55", "57", "58", "72", "F0",
    "XX",
  ]

  /// The files of the server's source that report what functions of users raise.
  ///
  /// Those of PL/Python are `plpy_elog.c` and its neighbours.
  private static let languageFiles: Set<String> = ["pl_exec.c", "plperl.c", "pltcl.c"]

  /// Whether a function of a user has made the message, which may have values of rows then.
  ///
  /// `RAISE` of PL/pgSQL can have any SQLSTATE, and so can errors of PL/Perl, PL/Python and PL/Tcl.
  private var isOfUsersCode: Bool {
    routine == "exec_stmt_raise" || isOfInnerQuery || Self.languageFiles.contains(file)
      || file.hasPrefix("plpy_") || !Self.ownClasses.contains(code.prefix(2))
  }
}

extension String {
  /// libpq's text, which has several lines, as one.
  var oneLine: String {
    split(whereSeparator: \.isNewline).map { line in String(line.drop { $0 == "\t" }) }
      .joined(separator: "; ")
  }
}
