internal import PGWire

/// A recorded stream: the `CopyData` frames that a server sent for one slot, and where it comes
/// from.
///
///     PGCDC-RECORDING 1⏎
///     server_version: 17.5⏎
///     plugin: pgoutput⏎
///     option proto_version: 1⏎
///     …
///     ⏎
///     d | length 4 | content …
///     d | length 4 | content …
///     …
///
/// The header is text: the first line names the format, then a `key: value` line for each fact,
/// then an empty line. What follows are frames exactly as they came over the wire. The header holds
/// neither a user's name nor a password; the frames hold row data.
public struct Recording: Sendable {
  /// Where a recording comes from.
  public struct Header: Hashable, Sendable {
    /// The server's version, in its own words.
    public var serverVersion: String
    /// The output plugin.
    public var plugin: String
    /// The plugin's options, by name.
    public var options: [String: String]

    /// A header with these facts.
    public init(serverVersion: String, plugin: String, options: [String: String]) {
      self.serverVersion = serverVersion
      self.plugin = plugin
      self.options = options
    }
  }

  /// Where it comes from.
  public let header: Header
  /// All frames, one after the other.
  public let frames: [UInt8]

  /// Reads a recording.
  ///
  /// - Throws: ``RecordingError`` if the bytes are not a recording, or a frame is cut off.
  public init(_ bytes: [UInt8]) throws(RecordingError) {
    let (header, start) = try Header.parse(bytes)
    self.header = header
    frames = Array(bytes[start...])
    try forEachFrame { _ in }
  }

  /// Passes the content of each `CopyData` to `body`, in order.
  public func forEachFrame(_ body: (Span<UInt8>) -> Void) throws(RecordingError) {
    let all = frames.span
    var position = 0
    while position < all.count {
      let rest = all.extracting(droppingFirst: position)
      let header: FrameHeader?
      do {
        header = try FrameHeader.parse(rest) { _ in 1 << 30 }
      } catch {
        throw .malformedFrame(offset: position)
      }
      guard let header, header.tag == UInt8(ascii: "d"), header.frameLength <= rest.count else {
        throw .malformedFrame(offset: position)
      }
      body(rest.extracting(FrameHeader.size..<header.frameLength))
      position += header.frameLength
    }
  }

  /// One frame for the file: the content of a `CopyData` with its tag and length.
  public static func frame(_ content: [UInt8]) -> [UInt8] {
    FrontendMessage.copyData(content).encoded
  }
}

/// Why bytes are not a recording.
@nonexhaustive public enum RecordingError: Error, Hashable, Sendable {
  /// The first line does not name the format, or names a version that is not known.
  case notARecording
  /// A line of the header is not `key: value`, or a key that must be there is missing.
  case malformedHeader(line: Int)
  /// At this offset behind the header there is no whole `CopyData`.
  case malformedFrame(offset: Int)
}

extension RecordingError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notARecording: "not a recording of format version 1"
    case .malformedHeader(let line): "line \(line) of the recording's header can't be read"
    case .malformedFrame(let offset):
      "the recording is damaged: no whole CopyData at offset \(offset) behind the header"
    }
  }
}
