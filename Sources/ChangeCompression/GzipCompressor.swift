#if Compression
  internal import CReplicationZlib
  public import ChangeSinks
  internal import PGWire

  /// Compresses the files of a ``/ChangeSinks/FileSink`` with zlib, in gzip's format (RFC 1952).
  ///
  ///     let sink = FileSink(options, compressor: GzipCompressor(), format: JSONLineFormat())
  ///
  /// Names of files end in `.gz`, and `gzip -dc`, `zcat` and zlib's `gzread` read them: a file is
  /// one member for each batch behind the other, each of them complete. Batches are large where
  /// many changes wait; those of a slow stream have few lines, and become hardly smaller.
  ///
  /// Only with the trait `Compression`.
  public struct GzipCompressor: SegmentCompressor {
    /// How much time is taken for it: from 1, which is fast, to 9.
    public let level: Int

    /// A compressor.
    ///
    /// - Parameter level: From 1 to 9; the nearest of them, if it is another.
    public init(level: Int = 6) {
      self.level = min(max(level, 1), 9)
    }

    public var fileExtension: String { "gz" }

    /// The bytes as one member.
    ///
    /// - Throws: ``/ChangeSinks/SinkError``, which is transient: there is too little memory.
    public func compress(_ bytes: Span<UInt8>) throws(SinkError) -> [UInt8] {
      // The bound is that of zlib's own format; gzip's header and trailer have twelve bytes more.
      let room = Int(clamping: compressBound(UInt(bytes.count))) + 64
      var member = [UInt8](repeating: 0, count: room)
      var length = 0
      let status = unsafe bytes.withUnsafeBufferPointer { source in
        unsafe member.withUnsafeMutableBufferPointer { target in
          unsafe pgrepl_gzip(
            source.baseAddress, source.count, target.baseAddress, target.count, &length,
            Int32(level))
        }
      }
      guard status == Z_OK else {
        throw SinkError(engine: "zlib", .transient, "cannot compress (\(status))")
      }
      member.removeLast(room - length)
      return member
    }
  }
#endif
