/// Compresses what a ``FileSink`` writes.
///
/// `GzipCompressor` does it with zlib: it is in the library ChangeCompression, which has something
/// only with the trait `Compression`, so that nobody else links zlib.
public protocol SegmentCompressor: Sendable {
  /// What the names of files have behind their number and a dot: `gz`.
  ///
  /// Letters and digits.
  var fileExtension: String { get }

  /// Compresses bytes into a piece of a file that can be read by itself.
  ///
  /// A file is any number of pieces one behind another. What was not recorded is cut off between
  /// two of them, so a piece must not depend on an earlier one.
  ///
  /// - Throws: ``SinkError``; what is transient is tried again.
  func compress(_ bytes: Span<UInt8>) throws(SinkError) -> [UInt8]
}
