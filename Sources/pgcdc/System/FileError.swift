/// Why a file could not be read or written.
struct FileError: Error, CustomStringConvertible {
  let doing: String
  let reason: String?
  /// Whether it was a pipe whose reader has closed it.
  let isReaderGone: Bool

  init(doing: String, reason: String?, isReaderGone: Bool = false) {
    self.doing = doing
    self.reason = reason
    self.isReaderGone = isReaderGone
  }

  var description: String { reason.map { "\(doing): \($0)" } ?? doing }
}
