internal import ChangeFormats
internal import PGOutput

extension FormatError {
  /// The error, with how to fix it on the command line.
  var explained: RuntimeFailure { RuntimeFailure(remedy.map { "\(facts); \($0)" } ?? description) }

  private var remedy: String? {
    switch self {
    case .value(.unknownBinary, _, _, _, _), .value(.unknownType, _, _, _, _):
      "stream without --binary"
    case .value(.inexpressible, _, _, _, _): "stream with --format json"
    case .value(.tooLong, _, _, _, _):
      "give --max-line-bytes more, or leave the column out of the publication (server 15)"
    case .provisional(.beginPrepare, _):
      "stream with --format json, or from a slot without two_phase"
    default: nil
    }
  }
}
