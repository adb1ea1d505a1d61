internal import PGWire

/// Saves a checkpoint in a file, which survives a power failure at any moment.
///
/// The file always has a complete checkpoint with its checksum, the old one or the new one. A file
/// with anything else is an error, never a fresh start; to start over, remove it.
public struct FileCheckpointStore: CheckpointStore {
  private let file: DurableFile

  /// A store in this file.
  ///
  /// - Parameter path: The file need not exist, but its directory must. A symbolic link in the
  ///   file's place is refused, as is anything that is not a regular file. The path with the suffix
  ///   `.new` is used too, and any file there is removed. Only the owner can read and write the
  ///   file.
  public init(path: String) {
    self.init(path: path, faults: nil)
  }

  /// The same with steps that fail, for tests.
  package init(path: String, faults: FileFaults?) {
    file = DurableFile(path: path, faults: faults)
  }

  /// Returns the last saved checkpoint; `nil` if there is no such file.
  ///
  /// - Throws: ``ReplicationError/checkpointStore(_:)``.
  public func load() async throws(ReplicationError) -> Checkpoint? {
    let file = file
    let bytes = try await OwnThread.run(failure: ReplicationError.transport) {
      () throws(ReplicationError) -> [UInt8]? in
      do throws(PlainFile.Failure) { return try file.contents() } catch { throw error.wrapped }
    }
    guard let bytes else { return nil }
    do throws(CheckpointText.Fault) {
      return try CheckpointText.decode(bytes)
    } catch {
      throw ReplicationError.checkpointStore("\(file.path): \(error)\(error.advice)")
    }
  }

  /// Saves a checkpoint; when this returns, it is on the disk.
  ///
  /// - Throws: ``ReplicationError/checkpointStore(_:)``.
  public func save(_ checkpoint: Checkpoint) async throws(ReplicationError) {
    let file = file
    let bytes = try checkpoint.encoded()
    try await OwnThread.run(failure: ReplicationError.transport) { () throws(ReplicationError) in
      do throws(PlainFile.Failure) { try file.replace(with: bytes) } catch { throw error.wrapped }
    }
  }
}

extension CheckpointText.Fault {
  /// What to do about the file: one of another program, or of a later version, should be kept.
  fileprivate var advice: String {
    switch self {
    case .damaged: "; remove it to start over, which may lose changes"
    case .foreign: "; use another name, or remove it to start over, which may lose changes"
    case .version: "; use a newer version of this program"
    case .unverifiable, .unwritable: ""
    }
  }
}

extension PlainFile.Failure {
  fileprivate var wrapped: ReplicationError { .checkpointStore(description) }
}
