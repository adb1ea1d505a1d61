internal import PGWire

/// What a simulated server answers to a statement.
enum ServerAnswer: Sendable {
  /// Columns, and rows of values as text.
  case rows([String], [[String?]])
  /// Nothing but a command tag.
  case done(String)
  /// The answers to several statements.
  case several([ServerAnswer])
  case refused(ServerError)

  static func error(_ state: SQLState, _ message: String) -> ServerAnswer {
    .refused(.made(state, message))
  }

  /// The messages of the simple protocol, without ReadyForQuery.
  var encoded: [UInt8] {
    switch self {
    case .rows(let columns, let rows): BackendEncoder.queryResult(columns, rows: rows)
    case .done(let tag): BackendEncoder.commandComplete(tag)
    case .several(let answers): answers.flatMap(\.encoded)
    case .refused(let error): BackendEncoder.errorResponse(error)
    }
  }

  /// The messages of the extended protocol, from ParseComplete to CommandComplete.
  var encodedExtended: [UInt8] {
    // ParseComplete and BindComplete.
    let beginning = BackendEncoder.message("1") + BackendEncoder.message("2")
    return switch self {
    case .rows: beginning + encoded
    // NoData: there are no rows to describe.
    case .done: beginning + BackendEncoder.message("n") + encoded
    case .several:
      ServerAnswer.error(.syntaxError, "several statements in a prepared one").encoded
    case .refused: encoded
    }
  }
}
