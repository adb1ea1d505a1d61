internal import PGOutput

/// Why a stream could not be drained as rows.
enum DrainError: Error, CustomStringConvertible {
  case decoding(PgOutputError)
  case row(RowError)

  var description: String {
    switch self {
    case .decoding(let error): error.description
    case .row(let error): error.description
    }
  }
}
